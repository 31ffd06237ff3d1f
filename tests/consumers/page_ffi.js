// SPDX-License-Identifier: MIT
// Plays traces/samples/callback-page.ndjson from Node through the koffi FFI, the way page.h does in C.
// APP_SDK names the library; NODE_PATH must lead to koffi. Callbacks from the SDK's threads are run
// by Node's own thread, so calls are made asynchronously: a blocked main thread could not be called back.
'use strict';
const koffi = require('koffi');
const sdk = koffi.load(process.env.APP_SDK || 'libImSDK.so');
let count = 0;

function quote(bytes) {
  if (bytes === null) return 'null';
  let out = '"';
  for (const byte of bytes) {
    out += byte < 0x20 || byte > 0x7e || byte === 0x22 || byte === 0x5c
      ? '\\x' + byte.toString(16).padStart(2, '0') : String.fromCharCode(byte);
  }
  return out + '"';
}

// The bytes of a C string, exactly: koffi's own str type would decode them.
function bytes(pointer) {
  if (pointer === null) return null;
  let end = 0;
  while (koffi.decode(pointer, end, 'uint8_t') !== 0) end++;
  return end === 0 ? Buffer.alloc(0) : Buffer.from(koffi.decode(pointer, koffi.array('uint8_t', end, 'Typed')));
}

function listener(name, types, payload) {
  const type = koffi.proto(`void ${name}(${[...types, 'void *'].join(', ')})`);
  return [koffi.register((...values) => {
    const seen = values.slice(0, -1).map((value, i) => (types[i] === 'void *' ? bytes(value) : value));
    count++;
    console.log(['back', name, ...seen.map((value) => (
      value === null || Buffer.isBuffer(value) ? quote(value) : String(value)))].join(' '));
    if (payload !== undefined && seen[payload] && seen[payload].length > 0) {
      try {
        const tree = JSON.parse(seen[payload].toString());
        console.log(`  fields ${Array.isArray(tree) ? tree.length : Object.keys(tree).length}`);
      } catch (error) {
        console.log('  fields not JSON');
      }
    }
  }, koffi.pointer(type)), koffi.pointer(type)];
}

const text = 'void *', int = 'int32_t', uint = 'uint32_t';
const [onComm, commType] = listener('TIMCommCallback', [int, text, text], 2);
const listeners = [
  ['TIMSetLogCallback', 'TIMLogCallback', [int, text]],
  ['TIMAddRecvNewMsgCallback', 'TIMRecvNewMsgCallback', [text], 0],
  ['TIMSetMsgReadedReceiptCallback', 'TIMMsgReadedReceiptCallback', [text], 0],
  ['TIMSetMsgRevokeCallback', 'TIMMsgRevokeCallback', [text], 0],
  ['TIMSetMsgElemUploadProgressCallback', 'TIMMsgElemUploadProgressCallback', [text, uint, uint, uint], 0],
  ['TIMSetGroupTipsEventCallback', 'TIMGroupTipsEventCallback', [text], 0],
  ['TIMSetConvEventCallback', 'TIMConvEventCallback', [int, text], 1],
  ['TIMSetNetworkStatusListenerCallback', 'TIMNetworkStatusListenerCallback', [int, int, text]],
  ['TIMSetKickedOfflineCallback', 'TIMKickedOfflineCallback', []],
  ['TIMSetUserSigExpiredCallback', 'TIMUserSigExpiredCallback', []],
  ['TIMSetMsgUpdateCallback', 'TIMMsgUpdateCallback', [text], 0],
];
const user = null;
const calls = [
  ['TIMInit', 1400000001, '{"sdk_config_config_file_path":"./","sdk_config_log_file_path":"./"}'],
  ['TIMSetConfig', '{"set_config_log_level":2,"set_config_callback_log_level":2,"set_config_is_log_output_console":true}', onComm, user],
  ['TIMLogin', 'user1', 'a-signature-that-nobody-may-see', onComm, user],
  ['TIMConvCreate', 'user2', 1, onComm, user],
  ['TIMConvGetConvList', onComm, user],
  ['TIMMsgSendNewMsg', 'user2', 1, '{"message_elem_array":[{"elem_type":0,"text_elem_content":"test"}]}', onComm, user],
  ['TIMMsgSaveMsg', 'user2', 1, '{"message_elem_array":[{"elem_type":0,"text_elem_content":"saved here only"}],"message_sender":"user1","message_client_time":1551080000,"message_server_time":1551080000}', onComm, user],
  ['TIMMsgFindByMsgLocatorList', 'user2', 1, '[{"message_locator_is_revoked":false,"message_locator_time":1551080111,"message_locator_seq":1,"message_locator_is_self":true,"message_locator_rand":2130485001}]', onComm, user],
  ['TIMMsgGetMsgList', 'user2', 1, '{"msg_getmsglist_param_count":20}', onComm, user],
  ['TIMMsgDownloadElemToPath', '{"msg_download_elem_param_flag":2,"msg_download_elem_param_type":2,"msg_download_elem_param_id":"file-1","msg_download_elem_param_business_id":2,"msg_download_elem_param_url":""}', './report.pdf', onComm, user],
  ['TIMMsgBatchSend', '{"msg_batch_send_param_identifier_array":["test_win_05","test_win_02"],"msg_batch_send_param_msg":{"message_elem_array":[{"elem_type":0,"text_elem_content":"this is batch send msgs"}]}}', onComm, user],
  ['TIMMsgReportReaded', 'user2', 1, '{"message_elem_array":[{"elem_type":0,"text_elem_content":"123213213"}],"message_conv_id":"user2","message_conv_type":1,"message_sender":"user1","message_client_time":1551080111,"message_server_time":1551080111,"message_rand":2130485001,"message_seq":1,"message_is_from_self":true,"message_status":2}', onComm, user],
  ['TIMMsgRevoke', 'user2', 1, '{"message_elem_array":[{"elem_type":0,"text_elem_content":"123213213"}],"message_conv_id":"user2","message_conv_type":1,"message_sender":"user1","message_client_time":1551080111,"message_server_time":1551080111,"message_rand":2130485001,"message_seq":1,"message_is_from_self":true,"message_status":2}', onComm, user],
  ['TIMMsgImportMsgList', 'user2', 1, '[{"message_elem_array":[{"elem_type":0,"text_elem_content":"imported"}],"message_sender":"user2","message_client_time":1551080001,"message_server_time":1551080001}]', onComm, user],
  ['TIMMsgDelete', 'user2', 1, '{"msg_delete_param_msg":{"message_elem_array":[{"elem_type":0,"text_elem_content":"123213213"}],"message_conv_id":"user2","message_conv_type":1,"message_sender":"user1","message_client_time":1551080111,"message_server_time":1551080111,"message_rand":2130485001,"message_seq":1,"message_is_from_self":true,"message_status":2},"msg_delete_param_is_remble":false}', onComm, user],
  ['TIMConvDelete', 'user2', 1, onComm, user],
  ['TIMGroupCreate', '{"create_group_param_group_id":"first group id","create_group_param_group_name":"first group name","create_group_param_group_type":0,"create_group_param_group_member_array":[{"group_member_info_identifier":"user1","group_member_info_member_role":1}]}', onComm, user],
  ['TIMGroupInviteMember', '{"group_invite_member_param_group_id":"first group id","group_invite_member_param_identifier_array":["user2","user3"],"group_invite_member_param_user_data":""}', onComm, user],
  ['TIMGroupDeleteMember', '{"group_delete_member_param_group_id":"first group id","group_delete_member_param_identifier_array":["user2","user3"],"group_delete_member_param_user_data":""}', onComm, user],
  ['TIMGroupGetJoinedGroupList', onComm, user],
  ['TIMGroupGetGroupInfoList', '["first group id"]', onComm, user],
  ['TIMGroupGetMemberInfoList', '{"group_get_members_info_list_param_group_id":"first group id"}', onComm, user],
  ['TIMGroupModifyGroupInfo', '{"group_modify_info_param_group_id":"first group id","group_modify_info_param_modify_flag":1,"group_modify_info_param_group_name":"first group name to other name"}', onComm, user],
  ['TIMGroupModifyMemberInfo', '{"group_modify_member_info_group_id":"first group id","group_modify_member_info_identifier":"user2","group_modify_member_info_modify_flag":8,"group_modify_member_info_name_card":"two"}', onComm, user],
  ['TIMGroupGetPendencyList', '{"group_pendency_option_start_time":0,"group_pendency_option_max_limited":10}', onComm, user],
  ['TIMGroupReportPendencyReaded', 1551414487947, onComm, user],
  ['TIMGroupHandlePendency', '{"group_handle_pendency_param_is_accept":true,"group_handle_pendency_param_handle_msg":"welcome","group_handle_pendency_param_pendency":{"group_pendency_group_id":"four group id","group_pendency_form_identifier":"user2","group_pendency_to_identifier":"user1","group_pendency_add_time":1551414487947,"group_pendency_pendency_type":0,"group_pendency_handled":0,"group_pendency_handle_result":0}}', onComm, user],
  ['TIMGroupJoin', 'four group id', 'Want Join Group, Thank you', onComm, user],
  ['TIMGroupQuit', 'four group id', onComm, user],
  ['TIMGroupDelete', 'first group id', onComm, user],
  ['TIMLogout', onComm, user],
  ['TIMUninit'],
];

function typeOf(value) {
  if (value === onComm) return commType;
  if (value === user) return 'void *';
  if (typeof value === 'string') return 'const char *';
  return value > 0xffff ? 'uint64_t' : 'int';
}

async function main() {
  for (const [index, [name, ...values]] of calls.entries()) {
    const call = sdk.func(name, 'int', values.map(typeOf));
    const result = await new Promise((done, fail) => {
      call.async(...values, (error, answer) => (error ? fail(error) : done(answer)));
    });
    if (result !== 0) console.log(`${name} answered ${result}`);
    if (index === 0) {
      for (const [register, type, types, payload] of listeners) {
        const [fn, fnType] = listener(type, types, payload);
        sdk.func(register, 'void', [fnType, 'void *'])(fn, user);
      }
    }
  }
  console.log(`callbacks ${count}`);
  process.exit(0);
}
main();
