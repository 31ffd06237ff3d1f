// SPDX-License-Identifier: MIT
/*
 * The calls of traces/samples/callback-page.ndjson, in its order, for every app that plays
 * that scenario. The app defines PAGE_CALL(name, arguments...), PAGE_LISTEN
 * (where it registers its listeners), on_comm and user.
 */
PAGE_CALL(TIMInit, 1400000001, "{\"sdk_config_config_file_path\":\"./\",\"sdk_config_log_file_path\":\"./\"}")
PAGE_LISTEN
PAGE_CALL(TIMSetConfig,
          "{\"set_config_log_level\":2,\"set_config_callback_log_level\":2,\"set_config_is_log_output_"
          "console\":true}",
          on_comm, &user)
PAGE_CALL(TIMLogin, "user1", "a-signature-that-nobody-may-see", on_comm, &user)
PAGE_CALL(TIMConvCreate, "user2", kTIMConv_C2C, on_comm, &user)
PAGE_CALL(TIMConvGetConvList, on_comm, &user)
PAGE_CALL(TIMMsgSendNewMsg, "user2", kTIMConv_C2C,
          "{\"message_elem_array\":[{\"elem_type\":0,\"text_elem_content\":\"test\"}]}", on_comm, &user)
PAGE_CALL(TIMMsgSaveMsg, "user2", kTIMConv_C2C,
          "{\"message_elem_array\":[{\"elem_type\":0,\"text_elem_content\":\"saved here "
          "only\"}],\"message_sender\":\"user1\",\"message_client_time\":1551080000,\"message_server_time\":"
          "1551080000}",
          on_comm, &user)
PAGE_CALL(TIMMsgFindByMsgLocatorList, "user2", kTIMConv_C2C,
          "[{\"message_locator_is_revoked\":false,\"message_locator_time\":1551080111,\"message_locator_"
          "seq\":1,\"message_locator_is_self\":true,\"message_locator_rand\":2130485001}]",
          on_comm, &user)
PAGE_CALL(TIMMsgGetMsgList, "user2", kTIMConv_C2C, "{\"msg_getmsglist_param_count\":20}", on_comm, &user)
PAGE_CALL(TIMMsgDownloadElemToPath,
          "{\"msg_download_elem_param_flag\":2,\"msg_download_elem_param_type\":2,\"msg_download_elem_param_"
          "id\":\"file-1\",\"msg_download_elem_param_business_id\":2,\"msg_download_elem_param_url\":\"\"}",
          "./report.pdf", on_comm, &user)
PAGE_CALL(
    TIMMsgBatchSend,
    "{\"msg_batch_send_param_identifier_array\":[\"test_win_05\",\"test_win_02\"],\"msg_batch_send_param_"
    "msg\":{\"message_elem_array\":[{\"elem_type\":0,\"text_elem_content\":\"this is batch send msgs\"}]}}",
    on_comm, &user)
PAGE_CALL(TIMMsgReportReaded, "user2", kTIMConv_C2C,
          "{\"message_elem_array\":[{\"elem_type\":0,\"text_elem_content\":\"123213213\"}],\"message_conv_"
          "id\":\"user2\",\"message_conv_type\":1,\"message_sender\":\"user1\",\"message_client_time\":"
          "1551080111,\"message_server_time\":1551080111,\"message_rand\":2130485001,\"message_seq\":1,"
          "\"message_is_from_self\":true,\"message_status\":2}",
          on_comm, &user)
PAGE_CALL(TIMMsgRevoke, "user2", kTIMConv_C2C,
          "{\"message_elem_array\":[{\"elem_type\":0,\"text_elem_content\":\"123213213\"}],\"message_conv_"
          "id\":\"user2\",\"message_conv_type\":1,\"message_sender\":\"user1\",\"message_client_time\":"
          "1551080111,\"message_server_time\":1551080111,\"message_rand\":2130485001,\"message_seq\":1,"
          "\"message_is_from_self\":true,\"message_status\":2}",
          on_comm, &user)
PAGE_CALL(TIMMsgImportMsgList, "user2", kTIMConv_C2C,
          "[{\"message_elem_array\":[{\"elem_type\":0,\"text_elem_content\":\"imported\"}],\"message_"
          "sender\":\"user2\",\"message_client_time\":1551080001,\"message_server_time\":1551080001}]",
          on_comm, &user)
PAGE_CALL(
    TIMMsgDelete, "user2", kTIMConv_C2C,
    "{\"msg_delete_param_msg\":{\"message_elem_array\":[{\"elem_type\":0,\"text_elem_content\":\"123213213\"}"
    "],\"message_conv_id\":\"user2\",\"message_conv_type\":1,\"message_sender\":\"user1\",\"message_client_"
    "time\":1551080111,\"message_server_time\":1551080111,\"message_rand\":2130485001,\"message_seq\":1,"
    "\"message_is_from_self\":true,\"message_status\":2},\"msg_delete_param_is_remble\":false}",
    on_comm, &user)
PAGE_CALL(TIMConvDelete, "user2", kTIMConv_C2C, on_comm, &user)
PAGE_CALL(
    TIMGroupCreate,
    "{\"create_group_param_group_id\":\"first group id\",\"create_group_param_group_name\":\"first group "
    "name\",\"create_group_param_group_type\":0,\"create_group_param_group_member_array\":[{\"group_member_"
    "info_identifier\":\"user1\",\"group_member_info_member_role\":1}]}",
    on_comm, &user)
PAGE_CALL(TIMGroupInviteMember,
          "{\"group_invite_member_param_group_id\":\"first group "
          "id\",\"group_invite_member_param_identifier_array\":[\"user2\",\"user3\"],\"group_invite_member_"
          "param_user_data\":\"\"}",
          on_comm, &user)
PAGE_CALL(TIMGroupDeleteMember,
          "{\"group_delete_member_param_group_id\":\"first group "
          "id\",\"group_delete_member_param_identifier_array\":[\"user2\",\"user3\"],\"group_delete_member_"
          "param_user_data\":\"\"}",
          on_comm, &user)
PAGE_CALL(TIMGroupGetJoinedGroupList, on_comm, &user)
PAGE_CALL(TIMGroupGetGroupInfoList, "[\"first group id\"]", on_comm, &user)
PAGE_CALL(TIMGroupGetMemberInfoList, "{\"group_get_members_info_list_param_group_id\":\"first group id\"}",
          on_comm, &user)
PAGE_CALL(TIMGroupModifyGroupInfo,
          "{\"group_modify_info_param_group_id\":\"first group "
          "id\",\"group_modify_info_param_modify_flag\":1,\"group_modify_info_param_group_name\":\"first "
          "group name to other name\"}",
          on_comm, &user)
PAGE_CALL(TIMGroupModifyMemberInfo,
          "{\"group_modify_member_info_group_id\":\"first group "
          "id\",\"group_modify_member_info_identifier\":\"user2\",\"group_modify_member_info_modify_flag\":8,"
          "\"group_modify_member_info_name_card\":\"two\"}",
          on_comm, &user)
PAGE_CALL(TIMGroupGetPendencyList,
          "{\"group_pendency_option_start_time\":0,\"group_pendency_option_max_limited\":10}", on_comm, &user)
PAGE_CALL(TIMGroupReportPendencyReaded, 1551414487947u, on_comm, &user)
PAGE_CALL(TIMGroupHandlePendency,
          "{\"group_handle_pendency_param_is_accept\":true,\"group_handle_pendency_param_handle_msg\":"
          "\"welcome\",\"group_handle_pendency_param_pendency\":{\"group_pendency_group_id\":\"four group "
          "id\",\"group_pendency_form_identifier\":\"user2\",\"group_pendency_to_identifier\":\"user1\","
          "\"group_pendency_add_time\":1551414487947,\"group_pendency_pendency_type\":0,\"group_pendency_"
          "handled\":0,\"group_pendency_handle_result\":0}}",
          on_comm, &user)
PAGE_CALL(TIMGroupJoin, "four group id", "Want Join Group, Thank you", on_comm, &user)
PAGE_CALL(TIMGroupQuit, "four group id", on_comm, &user)
PAGE_CALL(TIMGroupDelete, "first group id", on_comm, &user)
PAGE_CALL(TIMLogout, on_comm, &user)
PAGE_CALL(TIMUninit)
