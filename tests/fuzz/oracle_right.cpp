// SPDX-License-Identifier: MIT
// A handler that does all that the others do, and makes none of their mistakes: no oracle has anything to say.
#include <json/json.h>
#include <timtape/fuzz.h>
#include <timtape/tim.h>

#include <cstring>
#include <map>
#include <memory>
#include <string>

namespace
{
std::map<std::string, Json::UInt64> newest; // by conversation

struct Request {
    int id;
};

bool parse(const char *json, Json::Value &value)
{
    Json::CharReaderBuilder builder;
    std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
    if (json == nullptr)
        return false;
    try {
        return reader->parse(json, json + std::strlen(json), &value, nullptr);
    } catch (const std::exception &) {
        return false;
    }
}

std::string print(const Json::Value &value)
{
    Json::StreamWriterBuilder builder;
    builder["indentation"] = "";
    return Json::writeString(builder, value);
}

const Json::Value &member(const Json::Value &object, const char *key)
{
    static const Json::Value none;
    return object.isObject() ? object[key] : none;
}

void on_sent(int32_t code, const char *, const char *json, const void *user_data)
{
    std::unique_ptr<const Request> request(static_cast<const Request *>(user_data));
    Json::Value message;
    if (code == 0 && parse(json, message) && member(message, kTIMMsgConvId).isString())
        newest[message[kTIMMsgConvId].asString()]++;
}

void answer(const std::string &conversation, const Json::Value &sender)
{
    Json::Value message, elem;
    elem[kTIMElemType] = kTIMElem_Text;
    elem[kTIMTextElemContent] = "hello " + sender.asString();
    message[kTIMMsgElemArray].append(elem);
    char id[128];
    TIMMsgSendMessage(conversation.c_str(), kTIMConv_C2C, print(message).c_str(), id, on_sent, new Request{1});
}

void on_message(const Json::Value &message)
{
    const Json::Value &conversation = member(message, kTIMMsgConvId), &seq = member(message, kTIMMsgSeq);
    if (!conversation.isString() || !seq.isUInt64())
        return;
    Json::Value locator;
    locator[kTIMMsgSeq] = seq.asUInt64();
    newest[conversation.asString()] = seq.asUInt64();
    TIMMsgReportReaded(conversation.asCString(), kTIMConv_C2C, print(locator).c_str(), nullptr, nullptr);
    const Json::Value &sender = member(message, kTIMMsgSender);
    if (sender.isString())
        answer(conversation.asString(), sender);
}

void on_messages(const char *json, const void *)
{
    Json::Value messages;
    if (!parse(json, messages) || !messages.isArray())
        return;
    for (const Json::Value &message : messages)
        on_message(message);
}

void on_list(int32_t code, const char *, const char *json, const void *user_data)
{
    Json::Value list;
    if (static_cast<const Request *>(user_data)->id != 7 || code != 0 || !parse(json, list) || !list.isArray())
        return;
    for (const Json::Value &conversation : list)
        if (member(conversation, kTIMConvId).isString())
            newest[conversation[kTIMConvId].asString()];
}

const Request request{7};
} // namespace

void timtape_fuzz_reset()
{
    newest.clear();
}

uint64_t timtape_fuzz_digest()
{
    uint64_t digest = newest.size();
    for (const auto &each : newest)
        digest = digest * 31 + each.second + each.first.size();
    return digest;
}

const struct timtape_fuzz_binding timtape_fuzz_bindings[] = {
    {"TIMRecvNewMsgCallback", reinterpret_cast<timtape_fuzz_fn>(on_messages), nullptr},
    {"TIMCommCallback:TIMConvGetConvList", reinterpret_cast<timtape_fuzz_fn>(on_list), &request},
    {"TIMCommCallback:TIMMsgSendMessage", reinterpret_cast<timtape_fuzz_fn>(on_sent), nullptr},
    {nullptr, nullptr, nullptr},
};
const struct timtape_fuzz_user timtape_fuzz_users[] = {{&request, sizeof request}, {nullptr, 0}};
