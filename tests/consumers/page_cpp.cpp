// SPDX-License-Identifier: MIT
// Plays traces/samples/callback-page.ndjson in C++17 with jsoncpp, and reads each payload the way the
// vendor's callback page describes: by the key constants of the header, element by element.
#include <json/json.h>
#include <timtape/tim.h>

#include <atomic>
#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>

namespace
{
int user = 42;
std::mutex lock;
std::atomic<int> count{0};

void put(const std::string &line)
{
    std::lock_guard<std::mutex> hold(lock);
    std::fwrite((line + "\n").data(), 1, line.size() + 1, stdout);
    std::fflush(stdout);
}

std::string quote(const char *text)
{
    if (text == nullptr)
        return "null";
    std::string out = "\"";
    for (const char *at = text; *at != '\0'; at++) {
        auto byte = static_cast<unsigned char>(*at);
        if (byte < 0x20 || byte > 0x7e || byte == '"' || byte == '\\') {
            char hex[5];
            std::snprintf(hex, sizeof hex, "\\x%02x", byte);
            out += hex;
        } else {
            out += *at;
        }
    }
    return out + "\"";
}

std::string word(const char *text)
{
    return quote(text);
}

template <typename Number> std::string word(Number number)
{
    return std::to_string(static_cast<long long>(number));
}

template <typename... Values> void back(const char *name, const void *got, Values... values)
{
    if (got != &user)
        put("wrong user data");
    std::string line = std::string("back ") + name;
    ((line += " " + word(values)), ...);
    count++;
    put(line);
}

// Strict: what is not JSON is no payload. Never throws.
bool parse(const char *json, Json::Value &value)
{
    if (json == nullptr || *json == '\0')
        return false;
    Json::CharReaderBuilder builder;
    builder["collectComments"] = false;
    builder["allowTrailingCommas"] = false;
    builder["failIfExtra"] = true;
    std::string errors;
    std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
    bool good = false;
    try {
        good = reader->parse(json, json + std::strlen(json), &value, &errors);
    } catch (const Json::Exception &) {
    }
    if (!good)
        put("  fields not JSON");
    return good;
}

void describe_elem(std::ostringstream &out, const Json::Value &elem)
{
    // The page's samples number two element types one higher than every header: look at the keys, too.
    unsigned type = elem[kTIMElemType].asUInt();
    if (elem.isMember(kTIMGroupReportElemReportType))
        out << " report(" << elem[kTIMGroupReportElemReportType].asUInt() << ")";
    else if (elem.isMember(kTIMGroupTipsElemTipType))
        out << " tips(" << elem[kTIMGroupTipsElemTipType].asUInt() << ")";
    else if (type == kTIMElem_Text)
        out << " text(" << elem[kTIMTextElemContent].asString() << ")";
    else if (type == kTIMElem_File)
        out << " file(" << elem[kTIMFileElemFileName].asString() << ")";
    else
        out << " elem(" << type << ")";
}

void describe_message(std::ostringstream &out, const Json::Value &message)
{
    out << " " << message[kTIMMsgSender].asString() << "->" << message[kTIMMsgConvId].asString() << " seq "
        << message[kTIMMsgSeq].asUInt64();
    for (const Json::Value &elem : message[kTIMMsgElemArray])
        describe_elem(out, elem);
}

void on_message(const char *json, const void *got)
{
    Json::Value messages;
    back("TIMRecvNewMsgCallback", got, json);
    if (!parse(json, messages))
        return;
    std::ostringstream out;
    for (const Json::Value &message : messages)
        describe_message(out, message);
    put("  fields" + out.str());
}

void on_update(const char *json, const void *got)
{
    Json::Value messages;
    back("TIMMsgUpdateCallback", got, json);
    if (!parse(json, messages))
        return;
    std::ostringstream out;
    for (const Json::Value &message : messages)
        describe_message(out, message);
    put("  fields" + out.str());
}

void on_receipt(const char *json, const void *got)
{
    Json::Value receipts;
    back("TIMMsgReadedReceiptCallback", got, json);
    if (!parse(json, receipts))
        return;
    std::ostringstream out;
    for (const Json::Value &receipt : receipts)
        out << " " << receipt[kTIMMsgReceiptConvId].asString() << "/" << receipt[kTIMMsgReceiptConvType].asUInt()
            << " at " << receipt[kTIMMsgReceiptTimeStamp].asUInt64();
    put("  fields" + out.str());
}

void on_revoke(const char *json, const void *got)
{
    Json::Value locators;
    back("TIMMsgRevokeCallback", got, json);
    if (!parse(json, locators))
        return;
    std::ostringstream out;
    for (const Json::Value &locator : locators)
        out << " " << locator[kTIMMsgLocatorConvId].asString() << " seq " << locator[kTIMMsgLocatorSeq].asUInt64()
            << " rand " << locator[kTIMMsgLocatorRand].asUInt64() << " revoked "
            << locator[kTIMMsgLocatorIsRevoked].asBool();
    put("  fields" + out.str());
}

void on_upload(const char *json, uint32_t index, uint32_t now, uint32_t total, const void *got)
{
    Json::Value message;
    back("TIMMsgElemUploadProgressCallback", got, json, index, now, total);
    if (!parse(json, message))
        return;
    const Json::Value &elems = message[kTIMMsgElemArray];
    std::ostringstream out;
    if (index < elems.size())
        describe_elem(out, elems[index]);
    put("  fields" + out.str());
}

void on_tips(const char *json, const void *got)
{
    Json::Value tips;
    back("TIMGroupTipsEventCallback", got, json);
    if (!parse(json, tips))
        return;
    // One object since 6.1, an array before.
    std::ostringstream out;
    if (tips.isObject())
        describe_elem(out, tips);
    else
        for (const Json::Value &tip : tips)
            describe_elem(out, tip);
    put("  fields" + out.str());
}

void on_conv(enum TIMConvEvent event, const char *json, const void *got)
{
    Json::Value conversations;
    back("TIMConvEventCallback", got, static_cast<int>(event), json);
    if (!parse(json, conversations)) // "" at start and finish
        return;
    std::ostringstream out;
    out << (event == kTIMConvEvent_Add ? " added" : event == kTIMConvEvent_Del ? " deleted" : " updated");
    for (const Json::Value &conversation : conversations)
        out << " " << conversation[kTIMConvId].asString() << "/" << conversation[kTIMConvType].asUInt();
    put("  fields" + out.str());
}

void on_status(enum TIMNetworkStatus status, int32_t code, const char *desc, const void *got)
{
    back("TIMNetworkStatusListenerCallback", got, static_cast<int>(status), code, desc);
}

void on_kicked(const void *got)
{
    back("TIMKickedOfflineCallback", got);
}

void on_expired(const void *got)
{
    back("TIMUserSigExpiredCallback", got);
}

void on_log(enum TIMLogLevel level, const char *log, const void *got)
{
    back("TIMLogCallback", got, static_cast<int>(level), log);
}

void on_comm(int32_t code, const char *desc, const char *json, const void *got)
{
    Json::Value result;
    back("TIMCommCallback", got, code, desc, json);
    if (code != ERR_SUCC || !parse(json, result))
        return;
    std::ostringstream out;
    out << " " << (result.isArray() ? "list of " : "object of ") << result.size();
    put("  fields" + out.str());
}

void listen()
{
    TIMSetLogCallback(on_log, &user);
    TIMAddRecvNewMsgCallback(on_message, &user);
    TIMSetMsgReadedReceiptCallback(on_receipt, &user);
    TIMSetMsgRevokeCallback(on_revoke, &user);
    TIMSetMsgElemUploadProgressCallback(on_upload, &user);
    TIMSetGroupTipsEventCallback(on_tips, &user);
    TIMSetConvEventCallback(on_conv, &user);
    TIMSetNetworkStatusListenerCallback(on_status, &user);
    TIMSetKickedOfflineCallback(on_kicked, &user);
    TIMSetUserSigExpiredCallback(on_expired, &user);
    TIMSetMsgUpdateCallback(on_update, &user);
}

void answered(const char *name, int result)
{
    if (result != 0)
        put(std::string(name) + " answered " + std::to_string(result));
}
} // namespace

int main()
{
#define PAGE_LISTEN listen();
#define PAGE_CALL(name, ...) answered(#name, static_cast<int>(name(__VA_ARGS__)));
#include "page_calls.h"
    put("callbacks " + std::to_string(count.load()));
    return 0;
}
