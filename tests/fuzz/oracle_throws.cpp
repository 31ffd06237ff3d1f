// SPDX-License-Identifier: MIT
// A handler that lets jsoncpp's exceptions out.
#include <json/json.h>
#include <timtape/fuzz.h>

#include <memory>
#include <string>

namespace
{
void on_messages(const char *json, const void *)
{
    Json::CharReaderBuilder builder;
    Json::Value messages;
    std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
    std::string text = json != nullptr ? json : "", sender;

    if (!reader->parse(text.data(), text.data() + text.size(), &messages, nullptr) || !messages.isArray())
        return;
    for (const Json::Value &message : messages)
        sender = message["message_sender"].asString();
}
} // namespace

const struct timtape_fuzz_binding timtape_fuzz_bindings[] = {
    {"TIMRecvNewMsgCallback", reinterpret_cast<timtape_fuzz_fn>(on_messages), nullptr},
    {nullptr, nullptr, nullptr},
};
