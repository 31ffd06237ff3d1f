// SPDX-License-Identifier: MIT
#include <json/json.h>

#include <cstring>
#include <memory>

#include "fuzz/targets/parsers.h"

namespace
{
void view(const Json::Value &json, struct parsed *value)
{
    const char *end = nullptr;
    *value = {PARSED_NULL, &json, false, 0, nullptr, 0};
    if (json.isBool()) {
        value->kind = PARSED_FLAG;
        value->flag = json.asBool();
    } else if (json.isNumeric()) {
        value->kind = PARSED_NUMBER;
        value->number = json.asDouble();
    } else if (json.isString()) {
        value->kind = PARSED_TEXT;
        json.getString(&value->text, &end);
        value->bytes = static_cast<size_t>(end - value->text);
    } else if (json.isArray()) {
        value->kind = PARSED_LIST;
        value->bytes = json.size();
    } else if (json.isObject()) {
        value->kind = PARSED_OBJECT;
    }
}

void *parse(const char *text, size_t bytes, struct parsed *root)
{
    Json::CharReaderBuilder builder;
    Json::CharReaderBuilder::strictMode(&builder.settings_);
    builder["strictRoot"] = false;
    const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
    auto document = std::make_unique<Json::Value>();
    try {
        if (!reader->parse(text, text + bytes, document.get(), nullptr))
            return nullptr;
    } catch (const Json::Exception &) { // nested too deep
        return nullptr;
    }
    view(*document, root);
    return document.release();
}

void release(void *document)
{
    delete static_cast<Json::Value *>(document);
}

bool member(const struct parsed *object, const char *key, struct parsed *value)
{
    const Json::Value *json = static_cast<const Json::Value *>(object->json)->find(key, key + std::strlen(key));
    if (json != nullptr)
        view(*json, value);
    return json != nullptr;
}

void item(const struct parsed *list, size_t index, struct parsed *value)
{
    view((*static_cast<const Json::Value *>(list->json))[static_cast<Json::ArrayIndex>(index)], value);
}
} // namespace

const struct parser parser_jsoncpp = {"jsoncpp", parse, release, member, item};
