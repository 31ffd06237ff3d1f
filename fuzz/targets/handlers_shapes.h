// SPDX-License-Identifier: MIT
/*
 * What the vendor's callback page shows of each payload, as tables, for the consumers handlers_*_fuzzer:
 * which keys they read, and what each must be to be taken. Two spellings of a key are two lines.
 */
#ifndef FUZZ_TARGETS_HANDLERS_SHAPES_H
#define FUZZ_TARGETS_HANDLERS_SHAPES_H

#include <timtape/tim.h>

enum shape_kind { SHAPE_TEXT, SHAPE_WHOLE, SHAPE_FLAG, SHAPE_OBJECT, SHAPE_LIST };

struct shape {
    const char *key; /* NULL: the end */
    enum shape_kind kind;
    const struct shape *inner; /* of the object, of the objects in the list; NULL: a list of texts */
};

#define SHAPE(name) static const struct shape name[]
#define SHAPE_END                                                                                            \
    {                                                                                                        \
        0, SHAPE_TEXT, 0                                                                                     \
    }

SHAPE(shape_member) = {
    {"group_member_info_identifier", SHAPE_TEXT, 0},   {"group_member_info_join_time", SHAPE_WHOLE, 0},
    {"group_member_info_member_role", SHAPE_WHOLE, 0}, {"group_member_info_msg_flag", SHAPE_WHOLE, 0},
    {"group_member_info_msg_seq", SHAPE_WHOLE, 0},     {"group_member_info_name_card", SHAPE_TEXT, 0},
    {"group_member_info_shutup_time", SHAPE_WHOLE, 0}, SHAPE_END,
};
SHAPE(shape_change) = {
    {"group_tips_group_change_info_flag", SHAPE_WHOLE, 0},
    {"group_tips_group_change_info_value", SHAPE_TEXT, 0},
    SHAPE_END,
};
SHAPE(shape_member_change) = {
    {"group_tips_member_change_info_identifier", SHAPE_TEXT, 0},
    {"group_tips_member_change_info_shutupTime", SHAPE_WHOLE, 0},
    SHAPE_END,
};
SHAPE(shape_tips) = {
    {"group_tips_elem_tip_type", SHAPE_WHOLE, 0},
    {"group_tips_elem_op_user", SHAPE_TEXT, 0},
    {"group_tips_elem_group_name", SHAPE_TEXT, 0},
    {"group_tips_elem_group_id", SHAPE_TEXT, 0},
    {"group_tips_elem_time", SHAPE_WHOLE, 0},
    {"group_tips_elem_member_num", SHAPE_WHOLE, 0},
    {"group_tips_elem_platform", SHAPE_TEXT, 0},
    {"group_tips_elem_user_array", SHAPE_LIST, 0},
    {"group_tips_elem_group_change_info_array", SHAPE_LIST, shape_change},
    {"group_tips_elem_member_change_info_array", SHAPE_LIST, shape_member_change},
    {"group_tips_elem_op_group_memberinfo", SHAPE_OBJECT, shape_member},
    {"group_tips_elem_changed_group_memberinfo_array", SHAPE_LIST, shape_member},
    SHAPE_END,
};
SHAPE(shape_report) = {
    {"group_report_elem_report_type", SHAPE_WHOLE, 0},
    {"group_report_elem_group_id", SHAPE_TEXT, 0},
    {"group_report_elem_group_name", SHAPE_TEXT, 0},
    {"group_report_elem_op_user", SHAPE_TEXT, 0},
    {"group_report_elem_msg", SHAPE_TEXT, 0},
    {"group_report_elem_user_data", SHAPE_TEXT, 0},
    {"group_report_elem_op_group_memberinfo", SHAPE_OBJECT, shape_member},
    SHAPE_END,
};
SHAPE(shape_text) = {{"text_elem_content", SHAPE_TEXT, 0}, SHAPE_END};
SHAPE(shape_image) = {
    {"image_elem_orig_path", SHAPE_TEXT, 0},
    {"image_elem_level", SHAPE_WHOLE, 0},
    {"image_elem_format", SHAPE_WHOLE, 0},
    {"image_elem_orig_url", SHAPE_TEXT, 0},
    SHAPE_END,
};
SHAPE(shape_sound) = {
    {"sound_elem_file_path", SHAPE_TEXT, 0},
    {"sound_elem_file_size", SHAPE_WHOLE, 0},
    {"sound_elem_file_time", SHAPE_WHOLE, 0},
    SHAPE_END,
};
SHAPE(shape_file) = {
    {"file_elem_file_path", SHAPE_TEXT, 0},
    {"file_elem_file_name", SHAPE_TEXT, 0},
    {"file_elem_file_size", SHAPE_WHOLE, 0},
    SHAPE_END,
};
SHAPE(shape_custom) = {
    {"custom_elem_data", SHAPE_TEXT, 0},
    {"custom_elem_desc", SHAPE_TEXT, 0},
    {"custom_elem_ext", SHAPE_TEXT, 0},
    SHAPE_END,
};
SHAPE(shape_face) = {{"face_elem_index", SHAPE_WHOLE, 0}, {"face_elem_buf", SHAPE_TEXT, 0}, SHAPE_END};
SHAPE(shape_location) = {{"location_elem_desc", SHAPE_TEXT, 0}, SHAPE_END};
SHAPE(shape_video) = {
    {"video_elem_video_path", SHAPE_TEXT, 0}, {"video_elem_video_size", SHAPE_WHOLE, 0}, SHAPE_END};
SHAPE(shape_message) = {
    {"message_client_time", SHAPE_WHOLE, 0},
    {"message_server_time", SHAPE_WHOLE, 0},
    {"message_conv_id", SHAPE_TEXT, 0},
    {"message_conv_type", SHAPE_WHOLE, 0},
    {"message_sender", SHAPE_TEXT, 0},
    {"message_is_from_self", SHAPE_FLAG, 0},
    {"message_is_read", SHAPE_FLAG, 0},
    {"message_rand", SHAPE_WHOLE, 0},
    {"message_seq", SHAPE_WHOLE, 0},
    {"message_status", SHAPE_WHOLE, 0},
    {"message_custom_int", SHAPE_WHOLE, 0},
    {"message_custom_str", SHAPE_TEXT, 0},
    SHAPE_END,
};
SHAPE(shape_receipt) = {
    {"msg_receipt_conv_id", SHAPE_TEXT, 0},
    {"msg_receipt_conv_type", SHAPE_WHOLE, 0},
    {"msg_receipt_time_stamp", SHAPE_WHOLE, 0},
    SHAPE_END,
};
SHAPE(shape_locator) = {
    {"message_locator_conv_id", SHAPE_TEXT, 0},    {"message_locator_conv_type", SHAPE_WHOLE, 0},
    {"message_locator_is_revoked", SHAPE_FLAG, 0}, {"message_locator_time", SHAPE_WHOLE, 0},
    {"message_locator_seq", SHAPE_WHOLE, 0},       {"message_locator_rand", SHAPE_WHOLE, 0},
    {"message_locator_is_self", SHAPE_FLAG, 0},    SHAPE_END,
};
SHAPE(shape_conversation) = {
    {"conv_id", SHAPE_TEXT, 0},
    {"conv_type", SHAPE_WHOLE, 0},
    {"conv_owner", SHAPE_TEXT, 0},
    {"conv_unread_num", SHAPE_WHOLE, 0},
    {"conv_active_time", SHAPE_WHOLE, 0},
    {"conv_is_has_draft", SHAPE_FLAG, 0},
    {"conv_is_has_lastmsg", SHAPE_FLAG, 0},
    {"conv_last_msg", SHAPE_OBJECT, shape_message},
    SHAPE_END,
};
SHAPE(shape_option) = {
    {"get_info_option_info_flag", SHAPE_WHOLE, 0},
    {"get_info_option_role_flag", SHAPE_WHOLE, 0},
    {"get_info_option_custom_array", SHAPE_LIST, 0},
    SHAPE_END,
};
SHAPE(shape_user_config) = {
    {"user_config_is_read_receipt", SHAPE_FLAG, 0},
    {"user_config_is_sync_report", SHAPE_FLAG, 0},
    {"user_config_is_ingore_grouptips_unread", SHAPE_FLAG, 0},
    {"user_config_group_getinfo_option", SHAPE_OBJECT, shape_option},
    {"user_config_group_member_getinfo_option", SHAPE_OBJECT, shape_option},
    SHAPE_END,
};
SHAPE(shape_proxy) = {{"proxy_info_ip", SHAPE_TEXT, 0}, {"proxy_info_port", SHAPE_WHOLE, 0}, SHAPE_END};
SHAPE(shape_config) = {
    {"set_config_log_level", SHAPE_WHOLE, 0},
    {"set_config_callback_log_level", SHAPE_WHOLE, 0},
    {"set_config_is_log_output_console", SHAPE_FLAG, 0},
    {"set_config_proxy_info", SHAPE_OBJECT, shape_proxy},
    {"set_config_user_config", SHAPE_OBJECT, shape_user_config},
    SHAPE_END,
};
SHAPE(shape_download) = {
    {"msg_download_elem_result_current_size", SHAPE_WHOLE, 0},
    {"msg_download_elem_result_total_size", SHAPE_WHOLE, 0},
    SHAPE_END,
};
SHAPE(shape_batch) = {
    {"msg_batch_send_result_identifier", SHAPE_TEXT, 0},
    {"msg_batch_send_result_code", SHAPE_WHOLE, 0},
    {"msg_batch_send_result_desc", SHAPE_TEXT, 0},
    {"msg_batch_send_result_msg", SHAPE_OBJECT, shape_message},
    SHAPE_END,
};
SHAPE(shape_created) = {{"create_group_result_groupid", SHAPE_TEXT, 0}, SHAPE_END};
SHAPE(shape_invited) = {
    {"group_invite_member_result_identifier", SHAPE_TEXT, 0},
    {"group_invite_member_result_result", SHAPE_WHOLE, 0},
    SHAPE_END,
};
SHAPE(shape_removed) = {
    {"group_delete_member_result_identifier", SHAPE_TEXT, 0},
    {"group_delete_member_result_result", SHAPE_WHOLE, 0},
    SHAPE_END,
};
SHAPE(shape_self) = {
    {"group_self_info_join_time", SHAPE_WHOLE, 0},
    {"group_self_info_role", SHAPE_WHOLE, 0},
    {"group_self_info_unread_num", SHAPE_WHOLE, 0},
    {"group_self_info_msg_flag", SHAPE_WHOLE, 0},
    SHAPE_END,
};
SHAPE(shape_joined) = {
    {"group_base_info_group_id", SHAPE_TEXT, 0},
    {"group_base_info_group_name", SHAPE_TEXT, 0},
    {"group_base_info_group_type", SHAPE_TEXT, 0},
    {"group_base_info_face_url", SHAPE_TEXT, 0},
    {"group_base_info_info_seq", SHAPE_WHOLE, 0},
    {"group_base_info_latest_seq", SHAPE_WHOLE, 0},
    {"group_base_info_lastest_seq", SHAPE_WHOLE, 0},
    {"group_base_info_is_shutup_all", SHAPE_FLAG, 0},
    {"group_base_info_self_info", SHAPE_OBJECT, shape_self},
    SHAPE_END,
};
SHAPE(shape_group) = {
    {"group_detail_info_group_id", SHAPE_TEXT, 0},
    {"group_detial_info_group_id", SHAPE_TEXT, 0},
    {"group_detail_info_group_name", SHAPE_TEXT, 0},
    {"group_detial_info_group_name", SHAPE_TEXT, 0},
    {"group_detail_info_create_time", SHAPE_WHOLE, 0},
    {"group_detial_info_create_time", SHAPE_WHOLE, 0},
    {"group_detail_info_member_num", SHAPE_WHOLE, 0},
    {"group_detial_info_member_num", SHAPE_WHOLE, 0},
    {"group_detail_info_is_shutup_all", SHAPE_FLAG, 0},
    {"group_detial_info_is_shutup_all", SHAPE_FLAG, 0},
    {"group_detail_info_owner_identifier", SHAPE_TEXT, 0},
    {"group_detial_info_owener_identifier", SHAPE_TEXT, 0},
    SHAPE_END,
};
SHAPE(shape_group_result) = {
    {"get_groups_info_result_code", SHAPE_WHOLE, 0},
    {"get_groups_info_result_desc", SHAPE_TEXT, 0},
    {"get_groups_info_result_info", SHAPE_OBJECT, shape_group},
    SHAPE_END,
};
SHAPE(shape_members) = {
    {"group_get_member_info_list_result_next_seq", SHAPE_WHOLE, 0},
    {"group_get_memeber_info_list_result_next_seq", SHAPE_WHOLE, 0},
    {"group_get_member_info_list_result_info_array", SHAPE_LIST, shape_member},
    {"group_get_memeber_info_list_result_info_array", SHAPE_LIST, shape_member},
    SHAPE_END,
};
SHAPE(shape_pendency) = {
    {"group_pendency_add_time", SHAPE_WHOLE, 0},
    {"group_pendency_apply_invite_msg", SHAPE_TEXT, 0},
    {"group_pendency_form_identifier", SHAPE_TEXT, 0},
    {"group_pendency_to_identifier", SHAPE_TEXT, 0},
    {"group_pendency_group_id", SHAPE_TEXT, 0},
    {"group_pendency_handled", SHAPE_WHOLE, 0},
    {"group_pendency_pendency_type", SHAPE_WHOLE, 0},
    {"group_pendency_handle_result", SHAPE_WHOLE, 0},
    SHAPE_END,
};
SHAPE(shape_pendencies) = {
    {"group_pendency_result_next_start_time", SHAPE_WHOLE, 0},
    {"group_pendency_result_read_time_seq", SHAPE_WHOLE, 0},
    {"group_pendency_result_unread_num", SHAPE_WHOLE, 0},
    {"group_pendency_result_pendency_array", SHAPE_LIST, shape_pendency},
    SHAPE_END,
};

/* By the page: elem_type selects the keys. NULL: a type that nobody reads. */
static inline const struct shape *
shape_of_elem(double type)
{
    if (!(type >= 0 && type < 1000)) /* a cast of anything else may be undefined */
        return 0;
    switch ((int)type) {
    case kTIMElem_Text:
        return shape_text;
    case kTIMElem_Image:
        return shape_image;
    case kTIMElem_Sound:
        return shape_sound;
    case kTIMElem_Custom:
        return shape_custom;
    case kTIMElem_File:
        return shape_file;
    case kTIMElem_GroupTips:
        return shape_tips;
    case kTIMElem_Face:
        return shape_face;
    case kTIMElem_Location:
        return shape_location;
    case kTIMElem_GroupReport:
        return shape_report;
    case kTIMElem_Video:
        return shape_video;
    default:
        return 0;
    }
}

/* The table of both consumers: every callback of the page, and each completion that has a result. */
#define SHAPES_BIND(name, handler, user_data)                                                                \
    {                                                                                                        \
        name, (timtape_fuzz_fn)handler, user_data                                                            \
    }
#define SHAPES_BINDINGS                                                                                      \
    SHAPES_BIND("TIMRecvNewMsgCallback", on_new_msg, 0), SHAPES_BIND("TIMMsgUpdateCallback", on_message, 0), \
        SHAPES_BIND("TIMMsgReadedReceiptCallback", on_payload, shape_receipt),                               \
        SHAPES_BIND("TIMMsgRevokeCallback", on_revoke, 0),                                                   \
        SHAPES_BIND("TIMMsgElemUploadProgressCallback", on_upload, 0),                                       \
        SHAPES_BIND("TIMGroupTipsEventCallback", on_payload, shape_tips),                                    \
        SHAPES_BIND("TIMConvEventCallback", on_conv_event, 0),                                               \
        SHAPES_BIND("TIMNetworkStatusListenerCallback", on_network, 0),                                      \
        SHAPES_BIND("TIMKickedOfflineCallback", on_signal, 0),                                               \
        SHAPES_BIND("TIMUserSigExpiredCallback", on_signal, 0), SHAPES_BIND("TIMLogCallback", on_log, 0),    \
        SHAPES_BIND("TIMCommCallback:TIMSetConfig", on_result, shape_config),                                \
        SHAPES_BIND("TIMCommCallback:TIMConvCreate", on_result, shape_conversation),                         \
        SHAPES_BIND("TIMCommCallback:TIMConvGetConvList", on_result, shape_conversation),                    \
        SHAPES_BIND("TIMCommCallback:TIMMsgSendNewMsg", on_result, shape_message),                           \
        SHAPES_BIND("TIMCommCallback:TIMMsgFindByMsgLocatorList", on_result, shape_message),                 \
        SHAPES_BIND("TIMCommCallback:TIMMsgGetMsgList", on_result, shape_message),                           \
        SHAPES_BIND("TIMCommCallback:TIMMsgDownloadElemToPath", on_result, shape_download),                  \
        SHAPES_BIND("TIMCommCallback:TIMMsgBatchSend", on_result, shape_batch),                              \
        SHAPES_BIND("TIMCommCallback:TIMGroupCreate", on_result, shape_created),                             \
        SHAPES_BIND("TIMCommCallback:TIMGroupInviteMember", on_result, shape_invited),                       \
        SHAPES_BIND("TIMCommCallback:TIMGroupDeleteMember", on_result, shape_removed),                       \
        SHAPES_BIND("TIMCommCallback:TIMGroupGetJoinedGroupList", on_result, shape_joined),                  \
        SHAPES_BIND("TIMCommCallback:TIMGroupGetGroupInfoList", on_result, shape_group_result),              \
        SHAPES_BIND("TIMCommCallback:TIMGroupGetMemberInfoList", on_result, shape_members),                  \
        SHAPES_BIND("TIMCommCallback:TIMGroupGetPendencyList", on_result, shape_pendencies),                 \
        SHAPES_BIND("TIMCommCallback", on_result, 0), /* the rest has no result */                           \
    {                                                                                                        \
        0, 0, 0                                                                                              \
    }

#endif
