#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Prints docs/plugins.md from the descriptors of the stock plugins:
#     docs/generate-plugins.sh build/host/observatory >docs/plugins.md
observatory=${1:?the binary}
cat <<'END'
# Plugins

What the stock plugins and the examples declare, printed by `observatory plugins show NAME --format markdown`; `./test docs` checks that this page is current. `observatory plugins openapi` prints the routes of a configuration as an OpenAPI 3.1 document.
END
for name in store-sqlite store-postgres prices ingest feedback trace-search analytics trace cache metrics health hello echo cost-guard; do
    echo
    "$observatory" plugins show "$name" --format markdown || exit
done
