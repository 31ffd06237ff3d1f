#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Plays traces/samples/callback-page.ndjson from Python ctypes, the way page.h does in C. APP_SDK names the library."""
import ctypes
import json
import os
import threading

sdk = ctypes.CDLL(os.environ.get("APP_SDK", "libImSDK.so"))
lock = threading.Lock()
count = 0
c_text, c_user, c_uint64 = ctypes.c_char_p, ctypes.c_void_p, ctypes.c_uint64
USER = 42
user = c_user(USER)


def quote(text):
    if text is None:
        return b"null"
    out = bytearray(b'"')
    for byte in text:
        if byte < 0x20 or byte > 0x7E or byte in (0x22, 0x5C):
            out += b"\\x%02x" % byte
        else:
            out.append(byte)
    return bytes(out + b'"')


def put(line):
    line += b"\n"
    with lock:
        while line:
            line = line[os.write(1, line):]


def listener(name, *types, payload=None):
    """A callback of that type: prints its arguments and what json made of the payload."""
    def call(*values):
        global count
        if values[-1] != USER:
            put(b"wrong user data")
        words = [b"back", name.encode()]
        for value in values[:-1]:
            words.append(b"%d" % value if isinstance(value, int) else quote(value))
        put(b" ".join(words))
        with lock:
            count += 1
        if payload is not None and values[payload]:
            try:
                tree = json.loads(values[payload])
                put(b"  fields %d of %s" % (len(tree), type(tree).__name__.encode()))
            except ValueError:
                put(b"  fields not JSON")
    return ctypes.CFUNCTYPE(None, *types, c_user)(call)


c_u32 = ctypes.c_uint32
on_comm = listener("TIMCommCallback", ctypes.c_int32, c_text, c_text, payload=2)
listeners = [
    ("TIMSetLogCallback", listener("TIMLogCallback", ctypes.c_int, c_text)),
    ("TIMAddRecvNewMsgCallback", listener("TIMRecvNewMsgCallback", c_text, payload=0)),
    ("TIMSetMsgReadedReceiptCallback", listener("TIMMsgReadedReceiptCallback", c_text, payload=0)),
    ("TIMSetMsgRevokeCallback", listener("TIMMsgRevokeCallback", c_text, payload=0)),
    ("TIMSetMsgElemUploadProgressCallback",
     listener("TIMMsgElemUploadProgressCallback", c_text, c_u32, c_u32, c_u32, payload=0)),
    ("TIMSetGroupTipsEventCallback", listener("TIMGroupTipsEventCallback", c_text, payload=0)),
    ("TIMSetConvEventCallback", listener("TIMConvEventCallback", ctypes.c_int, c_text, payload=1)),
    ("TIMSetNetworkStatusListenerCallback",
     listener("TIMNetworkStatusListenerCallback", ctypes.c_int, ctypes.c_int32, c_text)),
    ("TIMSetKickedOfflineCallback", listener("TIMKickedOfflineCallback")),
    ("TIMSetUserSigExpiredCallback", listener("TIMUserSigExpiredCallback")),
    ("TIMSetMsgUpdateCallback", listener("TIMMsgUpdateCallback", c_text, payload=0)),
]


def call(name, *values):
    result = getattr(sdk, name)(*values)
    if result != 0:
        put(b"%s answered %d" % (name.encode(), result))


call("TIMInit", c_uint64(1400000001), b'{"sdk_config_config_file_path":"./","sdk_config_log_file_path":"./"}')
for register, function in listeners:
    getattr(sdk, register).restype = None
    getattr(sdk, register)(function, user)
call("TIMSetConfig", b'{"set_config_log_level":2,"set_config_callback_log_level":2,"set_config_is_log_output_console":true}', on_comm, user)
call("TIMLogin", b'user1', b'a-signature-that-nobody-may-see', on_comm, user)
call("TIMConvCreate", b'user2', 1, on_comm, user)
call("TIMConvGetConvList", on_comm, user)
call("TIMMsgSendNewMsg", b'user2', 1, b'{"message_elem_array":[{"elem_type":0,"text_elem_content":"test"}]}', on_comm, user)
call("TIMMsgSaveMsg", b'user2', 1, b'{"message_elem_array":[{"elem_type":0,"text_elem_content":"saved here only"}],"message_sender":"user1","message_client_time":1551080000,"message_server_time":1551080000}', on_comm, user)
call("TIMMsgFindByMsgLocatorList", b'user2', 1, b'[{"message_locator_is_revoked":false,"message_locator_time":1551080111,"message_locator_seq":1,"message_locator_is_self":true,"message_locator_rand":2130485001}]', on_comm, user)
call("TIMMsgGetMsgList", b'user2', 1, b'{"msg_getmsglist_param_count":20}', on_comm, user)
call("TIMMsgDownloadElemToPath", b'{"msg_download_elem_param_flag":2,"msg_download_elem_param_type":2,"msg_download_elem_param_id":"file-1","msg_download_elem_param_business_id":2,"msg_download_elem_param_url":""}', b'./report.pdf', on_comm, user)
call("TIMMsgBatchSend", b'{"msg_batch_send_param_identifier_array":["test_win_05","test_win_02"],"msg_batch_send_param_msg":{"message_elem_array":[{"elem_type":0,"text_elem_content":"this is batch send msgs"}]}}', on_comm, user)
call("TIMMsgReportReaded", b'user2', 1, b'{"message_elem_array":[{"elem_type":0,"text_elem_content":"123213213"}],"message_conv_id":"user2","message_conv_type":1,"message_sender":"user1","message_client_time":1551080111,"message_server_time":1551080111,"message_rand":2130485001,"message_seq":1,"message_is_from_self":true,"message_status":2}', on_comm, user)
call("TIMMsgRevoke", b'user2', 1, b'{"message_elem_array":[{"elem_type":0,"text_elem_content":"123213213"}],"message_conv_id":"user2","message_conv_type":1,"message_sender":"user1","message_client_time":1551080111,"message_server_time":1551080111,"message_rand":2130485001,"message_seq":1,"message_is_from_self":true,"message_status":2}', on_comm, user)
call("TIMMsgImportMsgList", b'user2', 1, b'[{"message_elem_array":[{"elem_type":0,"text_elem_content":"imported"}],"message_sender":"user2","message_client_time":1551080001,"message_server_time":1551080001}]', on_comm, user)
call("TIMMsgDelete", b'user2', 1, b'{"msg_delete_param_msg":{"message_elem_array":[{"elem_type":0,"text_elem_content":"123213213"}],"message_conv_id":"user2","message_conv_type":1,"message_sender":"user1","message_client_time":1551080111,"message_server_time":1551080111,"message_rand":2130485001,"message_seq":1,"message_is_from_self":true,"message_status":2},"msg_delete_param_is_remble":false}', on_comm, user)
call("TIMConvDelete", b'user2', 1, on_comm, user)
call("TIMGroupCreate", b'{"create_group_param_group_id":"first group id","create_group_param_group_name":"first group name","create_group_param_group_type":0,"create_group_param_group_member_array":[{"group_member_info_identifier":"user1","group_member_info_member_role":1}]}', on_comm, user)
call("TIMGroupInviteMember", b'{"group_invite_member_param_group_id":"first group id","group_invite_member_param_identifier_array":["user2","user3"],"group_invite_member_param_user_data":""}', on_comm, user)
call("TIMGroupDeleteMember", b'{"group_delete_member_param_group_id":"first group id","group_delete_member_param_identifier_array":["user2","user3"],"group_delete_member_param_user_data":""}', on_comm, user)
call("TIMGroupGetJoinedGroupList", on_comm, user)
call("TIMGroupGetGroupInfoList", b'["first group id"]', on_comm, user)
call("TIMGroupGetMemberInfoList", b'{"group_get_members_info_list_param_group_id":"first group id"}', on_comm, user)
call("TIMGroupModifyGroupInfo", b'{"group_modify_info_param_group_id":"first group id","group_modify_info_param_modify_flag":1,"group_modify_info_param_group_name":"first group name to other name"}', on_comm, user)
call("TIMGroupModifyMemberInfo", b'{"group_modify_member_info_group_id":"first group id","group_modify_member_info_identifier":"user2","group_modify_member_info_modify_flag":8,"group_modify_member_info_name_card":"two"}', on_comm, user)
call("TIMGroupGetPendencyList", b'{"group_pendency_option_start_time":0,"group_pendency_option_max_limited":10}', on_comm, user)
call("TIMGroupReportPendencyReaded", c_uint64(1551414487947), on_comm, user)
call("TIMGroupHandlePendency", b'{"group_handle_pendency_param_is_accept":true,"group_handle_pendency_param_handle_msg":"welcome","group_handle_pendency_param_pendency":{"group_pendency_group_id":"four group id","group_pendency_form_identifier":"user2","group_pendency_to_identifier":"user1","group_pendency_add_time":1551414487947,"group_pendency_pendency_type":0,"group_pendency_handled":0,"group_pendency_handle_result":0}}', on_comm, user)
call("TIMGroupJoin", b'four group id', b'Want Join Group, Thank you', on_comm, user)
call("TIMGroupQuit", b'four group id', on_comm, user)
call("TIMGroupDelete", b'first group id', on_comm, user)
call("TIMLogout", on_comm, user)
call("TIMUninit")
put(b"callbacks %d" % count)
