/* SPDX-License-Identifier: Apache-2.0 */
/* Texts are put together from templates: enough variety to search in, nothing
 * that could be anyone's data. */
#include "demo_text.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))
#define MAX_ANSWER 2000
#define CHARACTERS_PER_TOKEN 4

static const char *const subjects[] = {
    "my order",    "the invoice",      "a refund",   "the delivery",   "my subscription",
    "the login",   "the export",       "a discount", "the password",   "the mobile app",
    "the API key", "a damaged parcel", "the flight", "my reservation", "the warranty",
};

static const char *const questions[] = {
    "Where is %s? I have been waiting since Monday.",
    "Please explain %s in two sentences.",
    "Why was %s changed without telling me?",
    "Can I still cancel %s, and what does it cost?",
    "Write a friendly e-mail about %s.",
    "Summarise what the documentation says about %s.",
    "Wo finde ich %s? Die Übersicht zeigt nichts an.",
    "¿Cómo puedo cambiar %s antes del viernes?",
    "Pourquoi %s n'apparaît-il pas dans mon compte ?",
    "%s はいつ届きますか？",
    "请问 %s 怎么处理？",
    "Translate \"%s\" into French and explain the choice of words.",
    "I am very happy with %s 🎉 – how do I leave a review?",
};

static const char *const sentences[] = {
    "Thank you for your message.",
    "I looked into it and found the cause.",
    "It was shipped yesterday and should arrive within three days.",
    "According to the documentation, the limit is 1,000 requests a minute.",
    "You can change this under Settings → Account.",
    "The refund was issued to the card that you paid with.",
    "Here is a summary of the most important points.",
    "The rate limit was exceeded, so the request was retried.",
    "Vielen Dank, ich kümmere mich darum.",
    "Please note that prices include taxes.",
    "If the problem persists, attach a screenshot and we will look again.",
    "The connecting flight leaves from gate B12 at 14:35.",
    "I have updated the reservation and sent a confirmation.",
    "Is there anything else that I can help you with?",
    "未処理の注文はありません。",
};

static const struct demo_tool tools[] = {
    {"search_orders", "{\"customer_id\":\"C-1042\",\"limit\":5}",
     "{\"orders\":[{\"id\":\"O-77\",\"state\":\"shipped\"}]}"},
    {"get_reservation_details", "{\"reservation_id\":\"4WQ150\"}",
     "{\"cabin\":\"economy\",\"flights\":2,\"insurance\":\"no\"}"},
    {"update_reservation", "{\"reservation_id\":\"4WQ150\",\"cabin\":\"business\"}",
     "{\"ok\":true}"},
    {"calculate", "{\"expression\":\"3 * 149.90 + 25\"}", "{\"result\":474.7}"},
    {"send_email", "{\"to\":\"customer\",\"template\":\"confirmation\"}", "{\"queued\":true}"},
    {"get_weather", "{\"city\":\"Lisbon\"}", "{\"celsius\":21,\"sky\":\"clear\"}"},
    {"query_database", "{\"sql\":\"select count(*) from tickets\"}", "{\"rows\":[[318]]}"},
};

obs_str demo_question(struct random *r, obs_arena *arena)
{
    const char *question = questions[random_below(r, COUNT(questions))];
    const char *subject = subjects[random_below(r, COUNT(subjects))], *at = strstr(question, "%s");

    return obs_arena_printf(arena, "%.*s%s%s", (int)(at - question), question, subject, at + 2);
}

obs_str demo_answer(struct random *r, obs_arena *arena, int64_t tokens)
{
    size_t wanted = tokens < MAX_ANSWER / CHARACTERS_PER_TOKEN
                        ? (size_t)tokens * CHARACTERS_PER_TOKEN
                        : MAX_ANSWER;
    char *text = obs_arena_alloc(arena, MAX_ANSWER + 256);
    size_t len = 0;

    if (!text)
        return obs_str_n(NULL, 0);
    do {
        const char *sentence = sentences[random_below(r, COUNT(sentences))];
        size_t n = strlen(sentence);
        if (len)
            text[len++] = ' ';
        memcpy(text + len, sentence, n);
        len += n;
    } while (len < wanted);
    return obs_str_n(text, len);
}

const struct demo_tool *demo_tool(struct random *r)
{
    return &tools[random_below(r, COUNT(tools))];
}
