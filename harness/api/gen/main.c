// SPDX-License-Identifier: MIT
/*
 * apigen: reads the API description, checks it, writes everything that is made from it.
 */
#include <stdio.h>
#include <string.h>

#include "emit.h"

static int
usage(void)
{
    fputs(
        "usage: apigen [--check] [--out DIR --header FILE] [--dict DIR] [--schema DIR] DESCRIPTION.tim...\n",
        stderr);
    return 64;
}

/* build/include/timtape/tim.h is included as "timtape/tim.h". */
static const char *
include_of(const char *header)
{
    const char *name = strrchr(header, '/');

    if (name == NULL)
        return header;
    while (name > header && name[-1] != '/')
        name--;
    return name;
}

int
main(int argc, char **argv)
{
    const char *folder = NULL, *header = NULL, *dict = NULL, *schema = NULL;
    struct model model = {0};
    bool check = false;
    int i;

    for (i = 1; i < argc && argv[i][0] == '-'; i++) {
        if (strcmp(argv[i], "--check") == 0)
            check = true;
        else if (strcmp(argv[i], "--out") == 0 && i + 1 < argc)
            folder = argv[++i];
        else if (strcmp(argv[i], "--header") == 0 && i + 1 < argc)
            header = argv[++i];
        else if (strcmp(argv[i], "--dict") == 0 && i + 1 < argc)
            dict = argv[++i];
        else if (strcmp(argv[i], "--schema") == 0 && i + 1 < argc)
            schema = argv[++i];
        else
            return usage();
    }
    if (i == argc || (!check && (folder == NULL || header == NULL)))
        return usage();
    for (; i < argc; i++)
        parse_file(&model, argv[i]);
    check_model(&model);
    if (complaints() != 0)
        return 1;
    if (check)
        return 0;
    model.include = include_of(header);
    emit_ids(&model, gen_format("%s/api_ids.h", folder));
    emit_tables(&model, gen_format("%s/api_tables.c", folder));
    emit_shim(&model, gen_format("%s/shim_gen.c", folder));
    emit_standin(&model, gen_format("%s/standin_gen.c", folder));
    emit_invoke(&model, gen_format("%s/invoke_gen.c", folder));
    emit_header(&model, header);
    if (dict != NULL)
        emit_dict(&model, dict);
    if (schema != NULL)
        emit_schema(&model, schema);
    return 0;
}
