// SPDX-License-Identifier: MIT
/*
 * The handlers that the vendor's callback page shows, as a target: the same parser (jsoncpp's old Reader), the same
 * keys in the same order, nothing checked that is not checked there, and the element of a message taken by the
 * message's index. Their bodies are empty on the page; here what they would look at is added up, so that it is used.
 * A subject, not a regression target: it dies within seconds, and is to. fuzz-check only sees that it still does.
 */
#include <json/json.h>
#include <timtape/fuzz.h>
#include <timtape/tim.h>

#include <string>

namespace
{
volatile uint64_t looked_at;

void look(uint64_t value)
{
    looked_at = looked_at + value;
}

void look(const std::string &text)
{
    look(static_cast<uint64_t>(text.size()));
}

void on_new_msg(const char *json_msg_array, const void *)
{
    Json::Value messages;
    Json::Reader reader;

    if (!reader.parse(json_msg_array, messages)) {
        look(reader.getFormattedErrorMessages());
        return;
    }
    for (Json::ArrayIndex i = 0; i < messages.size(); i++) {
        Json::Value &elems = messages[i][kTIMMsgElemArray];
        for (Json::ArrayIndex m = 0; m < elems.size(); m++) {
            Json::Value &elem = elems[i]; // the page's own mistake: m is meant
            look(elem[kTIMElemType].asUInt());
        }
    }
}

void on_read_receipt(const char *json_msg_read_receipt_array, const void *)
{
    Json::Value receipts;
    Json::Reader reader;

    if (!reader.parse(json_msg_read_receipt_array, receipts))
        return;
    for (Json::ArrayIndex i = 0; i < receipts.size(); i++) {
        Json::Value &receipt = receipts[i];
        look(receipt[kTIMMsgReceiptConvId].asString());
        look(receipt[kTIMMsgReceiptConvType].asUInt());
        look(receipt[kTIMMsgReceiptTimeStamp].asUInt64());
    }
}

void on_revoke(const char *json_msg_locator_array, const void *)
{
    Json::Value locators;
    Json::Reader reader;

    if (!reader.parse(json_msg_locator_array, locators))
        return;
    for (Json::ArrayIndex i = 0; i < locators.size(); i++) {
        Json::Value &locator = locators[i];
        look(locator[kTIMMsgLocatorConvId].asString());
        look(locator[kTIMMsgLocatorConvType].asUInt());
        look(locator[kTIMMsgLocatorIsRevoked].asBool());
        look(locator[kTIMMsgLocatorTime].asUInt64());
        look(locator[kTIMMsgLocatorSeq].asUInt64());
        look(locator[kTIMMsgLocatorRand].asUInt64());
        look(locator[kTIMMsgLocatorIsSelf].asBool());
    }
}

void on_upload(const char *json_msg, uint32_t index, uint32_t, uint32_t, const void *)
{
    Json::Value message;
    Json::Reader reader;

    if (!reader.parse(json_msg, message))
        return;
    Json::Value &elems = message[kTIMMsgElemArray];
    if (index >= elems.size())
        return;
    look(elems[index][kTIMElemType].asUInt());
}

void on_conv_event(enum TIMConvEvent conv_event, const char *json_conv_array, const void *)
{
    Json::Value conversations;
    Json::Reader reader;

    if (!reader.parse(json_conv_array, conversations))
        return;
    for (Json::ArrayIndex i = 0; i < conversations.size(); i++) {
        Json::Value &conversation = conversations[i];
        if (conv_event == kTIMConvEvent_Add || conv_event == kTIMConvEvent_Del || conv_event == kTIMConvEvent_Update)
            look(static_cast<uint64_t>(conversation.size()));
    }
}
} // namespace

const struct timtape_fuzz_binding timtape_fuzz_bindings[] = {
    {"TIMRecvNewMsgCallback", reinterpret_cast<timtape_fuzz_fn>(on_new_msg), nullptr},
    {"TIMMsgReadedReceiptCallback", reinterpret_cast<timtape_fuzz_fn>(on_read_receipt), nullptr},
    {"TIMMsgRevokeCallback", reinterpret_cast<timtape_fuzz_fn>(on_revoke), nullptr},
    {"TIMMsgElemUploadProgressCallback", reinterpret_cast<timtape_fuzz_fn>(on_upload), nullptr},
    {"TIMConvEventCallback", reinterpret_cast<timtape_fuzz_fn>(on_conv_event), nullptr},
    {nullptr, nullptr, nullptr},
};
