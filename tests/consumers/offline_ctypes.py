#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The real SDK without a network, from Python: the twin of offline.h. APP_SDK names the library."""
import ctypes
import os
import sys
import threading
import time

sdk = ctypes.CDLL(os.environ.get("APP_SDK", "libImSDK.so"))
lock = threading.Lock()
USER = 7


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


def back(name, *values):
    words = [b"back", name.encode()]
    for value in values:
        words.append(b"%d" % value if isinstance(value, int) else quote(value))
    put(b" ".join(words))


def say(text):
    put(text.encode())


c_text, c_user = ctypes.c_char_p, ctypes.c_void_p
COMM = ctypes.CFUNCTYPE(None, ctypes.c_int32, c_text, c_text, c_user)
LOG = ctypes.CFUNCTYPE(None, ctypes.c_int, c_text, c_user)
STATUS = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_int32, c_text, c_user)
CONV = ctypes.CFUNCTYPE(None, ctypes.c_int, c_text, c_user)
TEXT = ctypes.CFUNCTYPE(None, c_text, c_user)


def checked(name):
    def call(*values):
        if values[-1] != USER:
            say("wrong user data")
        back(name, *values[:-1])
    return call


on_comm = COMM(checked("TIMCommCallback"))
on_log = LOG(checked("TIMLogCallback"))
on_status = STATUS(checked("TIMNetworkStatusListenerCallback"))
on_conv = CONV(checked("TIMConvEventCallback"))
on_message = TEXT(checked("TIMRecvNewMsgCallback"))
user = ctypes.c_void_p(USER)

listen = int(sys.argv[1]) if len(sys.argv) > 1 else 1500
sdk.TIMGetSDKVersion.restype = c_text
say("call version " + sdk.TIMGetSDKVersion().decode())
sdk.TIMSetLogCallback.restype = None
sdk.TIMSetLogCallback(on_log, user)
sdk.TIMSetNetworkStatusListenerCallback(on_status, user)
sdk.TIMSetConvEventCallback(on_conv, user)
sdk.TIMAddRecvNewMsgCallback(on_message, user)
config = ('{"set_config_log_level":3,"set_config_callback_log_level":3,"set_config_is_log_output_console":false,'
          '"set_config_user_define_data":"café 你"}')
say("call config %d" % sdk.TIMSetConfig(config.encode(), on_comm, user))
say("call init %d" % sdk.TIMInit(ctypes.c_uint64(1400000001), b'{"sdk_config_config_file_path":"./sdk",'
                                 b'"sdk_config_log_file_path":"./sdk"}'))
say("call login %d" % sdk.TIMLogin(b"user1", b"not-a-real-signature-1234567890", on_comm, user))
say("call list %d" % sdk.TIMConvGetConvList(on_comm, user))
message = '{"message_elem_array":[{"elem_type":0,"text_elem_content":"hello 你好"}],"message_cloud_custom_str":"tape"}'
buffer = ctypes.create_string_buffer(512)
say("call send %d" % sdk.TIMMsgSendMessage(b"user2", 1, message.encode(), buffer, on_comm, user))
say("call sent id " + ("given" if buffer.value else "none"))
say("call pin %d" % sdk.TIMConvPinConversation(b"user2", 1, ctypes.c_bool(True), on_comm, user))
say("call status %d" % sdk.TIMGetLoginStatus())
time.sleep(listen / 1000)
sdk.TIMSetLogCallback(None, None)
sdk.TIMSetNetworkStatusListenerCallback(None, None)
time.sleep(0.1)
say("call end")
os._exit(0)
