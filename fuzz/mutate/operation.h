// SPDX-License-Identifier: MIT
/* What one mutation can be. Names: mutate_operation_name. Private to the room, but for the numbers. */
#ifndef FUZZ_MUTATE_OPERATION_H
#define FUZZ_MUTATE_OPERATION_H

enum mutate_operation {
    /* as declared */
    OP_ENUM,   /* another named value */
    OP_NUMBER, /* a boundary of the declared type, or of time */
    OP_TEXT,   /* length, characters, formats */
    OP_REMAKE, /* another ordinary value */
    OP_ADD,    /* a declared key that was not there */
    OP_DROP,   /* an optional key, an element */
    OP_RESIZE, /* an array of another length */
    OP_CLONE,  /* an element once more, perhaps altered */
    OP_MOVE,   /* elements change places */
    OP_COPY,   /* a value of the same type from elsewhere in the case */
    OP_SPLICE, /* one from another case, or learned */
    /* departures from the declaration */
    OP_MISSING,   /* a key left out */
    OP_NULL,      /* null */
    OP_WRONG,     /* another kind of value */
    OP_NEAR_KEY,  /* a key spelled almost right */
    OP_EXTRA,     /* a key that is not declared */
    OP_DUPLICATE, /* a key twice */
    OP_RENAME,    /* a key as another SDK version spells it */
    OP_RELATION,  /* what must agree does not */
    /* scalars of the callback, and what a payload is as a whole */
    OP_SCALAR,
    OP_ANSWER,  /* result code, description and payload together */
    OP_PAYLOAD, /* NULL, nothing, an empty document */
    /* callbacks */
    OP_CALLBACK_ADD,
    OP_CALLBACK_DROP,
    OP_CALLBACK_REPEAT,
    OP_CALLBACK_SWAP,
    OP_CALLBACK_SPLICE,
    /* bytes */
    OP_SYNTAX,
    OPERATIONS
};

#endif
