// SPDX-License-Identifier: MIT
/*
 * What byte comparison cannot match is asked of the judge, outside, through a mail slot. It sees the
 * live call in the ring anyway, so only its number is sent.
 */
#include "replay/score/score_clock.h"
#include "replay/standin/inside.h"
#include "ring/ring.h"

bool
ask_is_alive(struct ask_watch *watch, uint64_t patience)
{
    uint32_t beat = atomic_load(&score_live(standin_score)->heartbeat);
    uint64_t now = score_real_now();

    if (watch->since == 0 || beat != watch->beat)
        *watch = (struct ask_watch){.since = now, .beat = beat};
    return now - watch->since < patience;
}

static struct score_mail *
ask_slot(void)
{
    struct score_live *live = score_live(standin_score);
    struct ask_watch watch = {0};

    while (!standin_is_over() && ask_is_alive(&watch, standin_score->stall_ns)) {
        unsigned i;

        for (i = 0; i < SCORE_MAILS; i++) {
            struct score_mail *mail = &live->mail[(standin_thread.tid + i) % SCORE_MAILS];
            uint32_t state = SCORE_MAIL_FREE;

            if (atomic_compare_exchange_strong(&mail->state, &state, SCORE_MAIL_FILLING))
                return mail;
        }
        order_sleep(&live->gate, atomic_load(&live->gate), score_now() + 1000000);
    }
    return NULL;
}

bool
ask_judge(uint16_t api, const struct find_result *found, struct ask_answer *answer)
{
    struct score_live *live = score_live(standin_score);
    struct score_mail *mail = ask_slot();
    struct ring_slot *slot = standin_slot();
    struct ask_watch watch = {0};
    uint32_t state;

    if (mail == NULL)
        return false;
    mail->api = api;
    atomic_store(&mail->owner, standin_owner());
    mail->seq = slot == NULL ? 0 : atomic_load(&slot->current);
    mail->context = found->context;
    mail->thread = found->thread;
    mail->candidate = found->candidate;
    mail->answer = 0;
    atomic_store(&mail->state, SCORE_MAIL_ASKED);
    atomic_fetch_add(&live->asked, 1);
    atomic_fetch_add(&live->bell, 1);
    score_futex_wake(&live->bell);
    standin_ring_wake();
    while ((state = atomic_load(&mail->state)) == SCORE_MAIL_ASKED) {
        /* Given up, the slot stays taken: an answer may be on its way into it. */
        if (standin_is_over() || !ask_is_alive(&watch, standin_score->stall_ns))
            return false;
        order_sleep(&mail->state, state, UINT64_MAX);
    }
    *answer = (struct ask_answer){.answer = (enum score_mail_answer)mail->answer,
                                  .event = mail->event,
                                  .result = mail->result,
                                  .code = mail->code,
                                  .completes = mail->completes != 0};
    atomic_store(&mail->state, SCORE_MAIL_FREE);
    return true;
}
