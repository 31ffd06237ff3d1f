# SPDX-License-Identifier: MIT
# inputs.py FOLDER: 60 files as fuzzers leave them, for bugs.c; FOLDER.expected says how many of which bug.
import json
import os
import random
import sys

random.seed(5)
folder = sys.argv[1]
os.makedirs(folder)

BUGS = [
    ("take_type:read", "crash-", 12, lambda: {"message_sender": "a" * random.randrange(1, 9), "message_conv_type": random.choice([5, 6, 7, 8])}),
    ("take_type:write", "crash-", 10, lambda: {"message_sender": "a" * random.randrange(60, 300)}),
    ("first_type:null-deref", "crash-", 6, lambda: {"message_elem_array": [], "message_is_from_self": False}),
    ("first_type:null-deref", "crash-", 6, lambda: {"message_elem_array": [], "message_is_from_self": True}),
    ("rename_message:write", "crash-", 8, lambda: {"message_priority": 3}),
    ("skip_unread:hang", "timeout-", 2, lambda: {"message_seq": random.randrange(3, 99999, 2)}),
    ("remember:leak", "leak-", 8, lambda: {"message_cloud_custom_str": "leak" + "z" * random.randrange(40)}),
    ("add_time:undefined", "crash-", 8, lambda: {"message_server_time": random.randrange(1000000, 2**31 - 1)}),
]


def filler():
    message = {
        "message_client_time": random.randrange(10**9),
        "message_rand": random.randrange(2**31),
        "message_unique_id": random.randrange(2**53),
        "message_is_read": True,
        "message_conv_id": "c%d" % random.randrange(99),
        "message_status": 2,
    }
    return {key: value for key, value in message.items() if random.random() < 0.8}


counts = {}
number = 0
for name, prefix, times, make in BUGS:
    counts[name] = counts.get(name, 0) + times
    for _ in range(times):
        lines = [[filler() for _ in range(random.randrange(1, 5))] for _ in range(random.randrange(1, 4))]
        random.choice(random.choice(lines)).update(make())
        with open("%s/%s%040x" % (folder, prefix, number), "w") as out:
            for messages in lines:
                line = {"callback": "TIMRecvNewMsgCallback", "args": {"json_msg_array": {"$json": messages}}}
                out.write(json.dumps(line, separators=(",", ":")) + "\n")
        number += 1
with open(folder + ".expected", "w") as out:
    out.write(" ".join(sorted("%s:%d" % item for item in counts.items())) + "\n")
