// SPDX-License-Identifier: MIT
/*
 * A careful consumer with jsoncpp: as handlers_cjson_fuzzer.c, in C++. No value is converted before its type is known,
 * no exception leaves a handler, and 64-bit ids are handed back as they came.
 */
#include <json/json.h>
#include <timtape/fuzz.h>

#include <cstring>
#include <memory>
#include <string>

#include "fuzz/targets/handlers_shapes.h"

namespace
{
uint64_t digest;

void note(const void *bytes, size_t count)
{
    const auto *byte = static_cast<const unsigned char *>(bytes);
    for (size_t i = 0; i < count; i++)
        digest = (digest ^ byte[i]) * 1099511628211u;
}

void note(const char *text)
{
    if (text != nullptr)
        note(text, std::strlen(text));
}

/* Null when it is no JSON. Its reader throws where nesting is too deep. */
Json::Value parse(const char *json)
{
    static const Json::CharReaderBuilder builder;
    const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
    Json::Value root;
    try {
        if (json == nullptr || !reader->parse(json, json + std::strlen(json), &root, nullptr))
            return Json::Value();
    } catch (const std::exception &) {
        return Json::Value();
    }
    return root;
}

const Json::Value *find(const Json::Value &object, const char *key)
{
    return object.isObject() ? object.find(key, key + std::strlen(key)) : nullptr;
}

bool whole(const Json::Value *value)
{
    return value != nullptr && value->isNumeric() && (value->isInt64() || value->isUInt64());
}

void take(const Json::Value &object, const struct shape *shape);

void take_list(const Json::Value &list, const struct shape *inner)
{
    for (const Json::Value &item : list) {
        if (inner != nullptr)
            take(item, inner);
        else if (item.isString())
            note(item.asString().c_str());
    }
}

void take(const Json::Value &object, const struct shape *shape)
{
    for (; shape->key != nullptr; shape++) {
        const Json::Value *value = find(object, shape->key);
        if (value == nullptr)
            continue;
        if (shape->kind == SHAPE_TEXT && value->isString()) {
            note(value->asString().c_str());
        } else if (shape->kind == SHAPE_WHOLE && whole(value)) {
            const uint64_t number = value->isUInt64() ? value->asUInt64() : static_cast<uint64_t>(value->asInt64());
            note(&number, sizeof number);
        } else if (shape->kind == SHAPE_FLAG && value->isBool()) {
            note(value->asBool() ? "t" : "f");
        } else if (shape->kind == SHAPE_OBJECT) {
            take(*value, shape->inner);
        } else if (shape->kind == SHAPE_LIST && value->isArray()) {
            take_list(*value, shape->inner);
        }
    }
}

void take_elem(const Json::Value &elem)
{
    const Json::Value *type = find(elem, kTIMElemType);
    const struct shape *shape = whole(type) ? shape_of_elem(type->asDouble()) : nullptr;
    if (shape != nullptr)
        take(elem, shape);
}

void take_message(const Json::Value &message)
{
    const Json::Value *elems = find(message, kTIMMsgElemArray);
    take(message, shape_message);
    if (elems != nullptr && elems->isArray()) {
        for (const Json::Value &elem : *elems)
            take_elem(elem);
    }
}

void take_any(const Json::Value &root, const struct shape *shape)
{
    if (root.isArray())
        take_list(root, shape);
    else
        take(root, shape);
}

/* The conversation that an object belongs to; nullptr: it cannot be said. */
const Json::Value *conversation(const Json::Value &object, const char *id_key, const char *type_key, TIMConvType *type)
{
    const Json::Value *id = find(object, id_key), *kind = find(object, type_key);
    if (id == nullptr || !id->isString() || id->asString().empty() || !whole(kind))
        return nullptr;
    if (kind->asDouble() != kTIMConv_C2C && kind->asDouble() != kTIMConv_Group)
        return nullptr;
    *type = kind->asDouble() == kTIMConv_C2C ? kTIMConv_C2C : kTIMConv_Group;
    return id;
}

/* The numbers that name a message, copied; null: one is missing. */
Json::Value copy_ids(const Json::Value &object, const char *const *keys)
{
    Json::Value copy(Json::objectValue);
    for (; *keys != nullptr; keys++) {
        const Json::Value *value = find(object, *keys);
        if (!whole(value) || !value->isUInt64())
            return Json::Value();
        copy[*keys] = Json::UInt64(value->asUInt64());
    }
    return copy;
}

std::string print(const Json::Value &root)
{
    Json::StreamWriterBuilder builder;
    builder["indentation"] = "";
    return Json::writeString(builder, root);
}

void on_result(int32_t code, const char *desc, const char *json_params, const void *user_data)
{
    note(&code, sizeof code);
    if (code != 0)
        note(desc);
    else if (user_data != nullptr)
        take_any(parse(json_params), static_cast<const struct shape *>(user_data));
}

void on_payload(const char *json, const void *user_data)
{
    take_any(parse(json), static_cast<const struct shape *>(user_data));
}

void on_new_msg(const char *json_msg_array, const void *)
{
    static const char *const keys[] = {"message_seq", "message_rand", "message_client_time", nullptr};
    const Json::Value messages = parse(json_msg_array);
    TIMConvType type;
    if (!messages.isArray())
        return;
    for (const Json::Value &message : messages) {
        take_message(message);
        const Json::Value *id = conversation(message, kTIMMsgConvId, kTIMMsgConvType, &type);
        const Json::Value ids = copy_ids(message, keys);
        if (id != nullptr && !ids.isNull())
            TIMMsgReportReaded(id->asString().c_str(), type, print(ids).c_str(), on_result, nullptr);
    }
}

void on_message(const char *json_msg_array, const void *)
{
    const Json::Value messages = parse(json_msg_array);
    if (messages.isArray()) {
        for (const Json::Value &message : messages)
            take_message(message);
    }
}

void on_revoke(const char *json_msg_locator_array, const void *)
{
    static const char *const keys[] = {"message_locator_seq", "message_locator_rand", "message_locator_time", nullptr};
    const Json::Value locators = parse(json_msg_locator_array);
    TIMConvType type;
    if (!locators.isArray())
        return;
    for (const Json::Value &locator : locators) {
        take(locator, shape_locator);
        const Json::Value *id = conversation(locator, kTIMMsgLocatorConvId, kTIMMsgLocatorConvType, &type);
        Json::Value list(Json::arrayValue);
        list.append(copy_ids(locator, keys));
        if (id != nullptr && !list[0].isNull())
            TIMMsgFindByMsgLocatorList(id->asString().c_str(), type, print(list).c_str(), on_result, nullptr);
    }
}

void on_upload(const char *json_msg, uint32_t index, uint32_t cur_size, uint32_t total_size, const void *)
{
    const Json::Value message = parse(json_msg);
    const Json::Value *elems = find(message, kTIMMsgElemArray);
    if (elems != nullptr && elems->isArray() && index < elems->size())
        take_elem((*elems)[index]);
    if (total_size > 0 && cur_size <= total_size) {
        const uint64_t percent = static_cast<uint64_t>(cur_size) * 100 / total_size;
        note(&percent, sizeof percent);
    }
}

/* Numbers, not enums: what is outside of its enum must not be looked at as one in C++. */
void on_conv_event(int32_t conv_event, const char *json_conv_array, const void *)
{
    if (conv_event == kTIMConvEvent_Add || conv_event == kTIMConvEvent_Del || conv_event == kTIMConvEvent_Update)
        take_any(parse(json_conv_array), shape_conversation);
}

void on_network(int32_t status, int32_t code, const char *desc, const void *)
{
    note(&status, sizeof status);
    note(&code, sizeof code);
    note(desc);
}

void on_log(int32_t level, const char *log, const void *)
{
    note(&level, sizeof level);
    note(log);
}

void on_signal(const void *)
{
    note("s");
}
} // namespace

void timtape_fuzz_reset(void)
{
    digest = 14695981039346656037u;
}

uint64_t timtape_fuzz_digest(void)
{
    return digest;
}

const struct timtape_fuzz_binding timtape_fuzz_bindings[] = {SHAPES_BINDINGS};
