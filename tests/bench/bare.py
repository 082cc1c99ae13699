#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same questions as SQL in SQLite itself: p50 of each in milliseconds, as JSON.

usage: bare.py DATABASE [ROUNDS]
"""
import json
import sqlite3
import sys
import time

COLUMNS = "s.*, c.input_text, c.output_text, c.input_messages, c.output_messages"
SPANS = f"SELECT {COLUMNS} FROM spans s LEFT JOIN contents c ON c.id = s.id"
NEWEST = "ORDER BY s.start_ns DESC, s.id DESC LIMIT 51"
HOUR, DAY = 3600, 86400


def main():
    path, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    db.execute("PRAGMA mmap_size=1073741824")
    db.execute("PRAGMA cache_size=-65536")
    now = time.time()

    def some(column):
        rows = db.execute(
            f"SELECT {column} FROM spans WHERE {column} IS NOT NULL AND start_ns > ?"
            f" GROUP BY 1 ORDER BY count(*) DESC LIMIT 20", (int((now - DAY) * 1e9),))
        return [row[0] for row in rows]

    models, users, sessions = some("model"), some("user_id"), some("session_id")
    traces = [row[0] for row in db.execute("SELECT trace_id FROM spans ORDER BY start_ns DESC LIMIT 1000")]
    cells = "SELECT start_s, series, sums, durations FROM rollups WHERE level = ? AND project = 1 AND start_s >= ?"
    questions = {
        "newest 50": lambda i: (f"{SPANS} {NEWEST}", ()),
        "newest by user": lambda i: (f"{SPANS} WHERE s.user_id = ? {NEWEST}", (users[i % len(users)],)),
        "newest of a session": lambda i: (f"{SPANS} WHERE s.session_id = ? {NEWEST}", (sessions[i % len(sessions)],)),
        "newest by model and status": lambda i: (
            f"{SPANS} WHERE s.status = 2 AND s.model = ? {NEWEST}", (models[i % len(models)],)),
        "slow and dear": lambda i: (f"{SPANS} WHERE s.duration_ns >= 20000000000 AND s.total_cost >= 1000000 {NEWEST}", ()),
        "a trace by id": lambda i: (f"{SPANS} WHERE s.trace_id = ? ORDER BY s.start_ns", (traces[i % len(traces)],)),
        "p95 by hour, 30 days": lambda i: (cells, (2, int(now) - 30 * DAY)),
        "cost by model and day, a year": lambda i: (cells, (7, int(now) - 365 * DAY)),
    }
    results = {}
    for name, make in questions.items():
        times = []
        for i in range(rounds):
            sql, values = make(i)
            begin = time.perf_counter()
            db.execute(sql, values).fetchall()
            times.append((time.perf_counter() - begin) * 1e3)
        results[name] = sorted(times)[len(times) // 2]
    print(json.dumps(results))


main()
