// SPDX-License-Identifier: MIT
/*
 * Schema coverage as one page that needs nothing else: the data in a script element, rows drawn when their
 * callback is opened (a table of all callbacks has some hundred thousand cells).
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "fuzz/coverage/table.h"

static const char style[] =
    ":root{color-scheme:light dark;--bg:#fff;--fg:#1d2126;--dim:#626b76;--line:#d9dee4;--hit:#1f883d;"
    "--many:#0a5c25;--miss:#e6e9ed;--bar:#1f883d}\n"
    "@media(prefers-color-scheme:dark){:root{--bg:#12161b;--fg:#e4e8ec;--dim:#98a2ad;--line:#2c333b;"
    "--hit:#2ea043;--many:#7ee29b;--miss:#262d35;--bar:#2ea043}}\n"
    "body{margin:0 auto;max-width:90rem;padding:1rem;background:var(--bg);color:var(--fg);"
    "font:15px/1.45 system-ui,sans-serif}\n"
    "h1{font-size:1.3rem;margin:.2rem 0}.dim{color:var(--dim)}\n"
    ".tools{position:sticky;top:0;z-index:2;background:var(--bg);padding:.5rem 0;display:flex;gap:1rem;"
    "flex-wrap:wrap;align-items:center}\n"
    "input[type=search]{font:inherit;color:inherit;background:transparent;border:1px solid var(--line);"
    "border-radius:6px;padding:.3rem .6rem;min-width:16rem}\n"
    "details{border-top:1px solid var(--line)}summary{cursor:pointer;padding:.4rem 0}\n"
    ".bar{display:inline-block;width:8rem;height:.6rem;background:var(--miss);border-radius:3px;"
    "overflow:hidden;margin:0 .6rem}.bar i{display:block;height:100%;background:var(--bar)}\n"
    ".grid{overflow-x:auto;padding-bottom:1rem}table{border-collapse:collapse;font-size:13px}\n"
    "th.v{height:8.5rem;min-width:15px;padding:0;vertical-align:bottom;font-weight:400}\n"
    "th.v span{writing-mode:vertical-rl;transform:rotate(180deg);white-space:nowrap}\n"
    "td.k{font:12px ui-monospace,monospace;white-space:nowrap;padding:1px .8rem 1px 0;position:sticky;left:0;"
    "background:var(--bg)}td.n{text-align:right;color:var(--dim);padding-right:.6rem;white-space:nowrap}\n"
    "td.c{padding:1px}.c i,.e i,.key{display:inline-block;width:13px;height:13px;border-radius:2px;"
    "background:var(--miss);vertical-align:middle}.c i.h,.e i.h,.key.h{background:var(--hit)}"
    ".c i.m,.e i.m,.key.m{background:var(--many)}\n"
    "td.e{white-space:nowrap;padding-left:.6rem}.e i{margin-right:2px}tr:hover td{background:var(--miss)}\n"
    "#lines td{padding:2px .8rem 2px 0}\n";

static const char script[] =
    "const $=id=>document.getElementById(id),el=(t,c,x)=>{const "
    "e=document.createElement(t);if(c)e.className=c;"
    "if(x!==undefined)e.textContent=x;return e};\n"
    "const pc=(c,a)=>a?(100*c/a).toFixed(1)+' %':'';\n"
    "const bar=(c,a)=>{const b=el('span','bar'),i=el('i');i.style.width=(a?100*c/a:0)+'%';b.append(i);return "
    "b};\n"
    "const sum=p=>{let c=0;for(const n of p[3])if(n)c++;return c};\n"
    "const cell=(name,n)=>{const i=el('i',n>99?'m':n?'h':'');i.title=name+': '+(n?'delivered '+n+(n>1?' "
    "times':"
    "' time'):'not delivered yet');return i};\n"
    "const word=v=>data.words[v]||'';\n"
    "function draw(t,box){box.textContent='';const f=$('find').value.toLowerCase(),only=$('gaps').checked;\n"
    " const rows=t.places.filter(p=>(!f||hit(t,f)||(p[0]+' '+p[1]).toLowerCase().includes(f))&&(!only||"
    "sum(p)<p[3].length));\n"
    " const used=new Set();for(const p of rows)for(const v of p[2])if(v<data.first)used.add(v);\n"
    " const cols=[...used].sort((a,b)=>a-b),table=el('table'),head=el('tr');head.append(el('th'),el('th'));\n"
    " for(const v of cols){const h=el('th','v');h.append(el('span','',word(v)));head.append(h)}\n"
    " head.append(el('th','','named values'));table.append(head);\n"
    " for(const p of rows){const r=el('tr'),at=new Map();p[2].forEach((v,i)=>at.set(v,i));\n"
    "  r.append(el('td','k',p[0]+(p[1]?' '+p[1]:'')),el('td','n',sum(p)+'/'+p[3].length));\n"
    "  for(const v of cols){const "
    "c=el('td','c');if(at.has(v))c.append(cell(word(v),p[3][at.get(v)]));r.append(c)}\n"
    "  const e=el('td','e');p[2].forEach((v,i)=>{if(v>=data.first)e.append(cell((data.enums[p[4]]||[])"
    "[v-data.first]||'value '+(v-data.first),p[3][i]))});\n"
    "  r.append(e);table.append(r)}\n"
    " box.append(table)}\n"
    "const hit=(t,f)=>t.name.toLowerCase().includes(f);\n"
    "const shown=[];\n"
    "for(const t of data.targets){const d=el('details'),s=el('summary','',t.name+' '),box=el('div','grid');\n"
    " s.append(bar(t.covered,t.all),el('span','dim',t.covered+' of '+t.all+', '+pc(t.covered,t.all)));\n"
    " d.append(s,box);d.addEventListener('toggle',()=>{if(d.open)draw(t,box)});$('targets').append(d);"
    "shown.push([t,d,box])}\n"
    "function refresh(){const f=$('find').value.toLowerCase();for(const[t,d,box]of "
    "shown){d.hidden=f&&!hit(t,f)&&"
    "!t.places.some(p=>(p[0]+' '+p[1]).toLowerCase().includes(f));if(d.open&&!d.hidden)draw(t,box)}}\n"
    "$('find').addEventListener('input',refresh);$('gaps').addEventListener('change',refresh);\n"
    "if(shown.length)shown[0][1].open=true;\n"
    "if(data.lines){$('lines').hidden=false;const body=$('files');for(const[f,c,a]of data.lines){const "
    "r=el('tr');"
    "const b=el('td');b.append(bar(c,a));r.append(el('td','k',f),b,el('td','n',c+' of "
    "'+a),el('td','n',pc(c,a)));"
    "body.append(r)}}\n";

/* A JSON string that cannot end the script element it is in. */
static void
put_string(FILE *out, const char *text)
{
    char *made = NULL;
    size_t bytes = 0;
    FILE *whole = open_memstream(&made, &bytes);
    if (whole == NULL)
        return;
    escape_json(whole, text, strlen(text));
    if (fclose(whole) == 0) {
        for (size_t i = 0; i < bytes; i++) {
            if (made[i] == '<' || made[i] == '>' || made[i] == '&')
                fprintf(out, "\\u%04x", made[i]);
            else
                fputc(made[i], out);
        }
    }
    free(made);
}

static void
put_words(FILE *out)
{
    fputs("const data={words:[", out);
    for (unsigned v = 0; v < MODEL_ENUM; v++) {
        const char *name = model_variation_name((enum model_variation)v);
        put_string(out, name != NULL ? name : "");
        fputc(',', out);
    }
    fprintf(out, "],\nfirst:%d,\nenums:{", MODEL_ENUM);
}

/* The names of each enum's constants, once. */
static void
put_enums(const struct coverage *coverage, FILE *out)
{
    bool there[API_ENUMS] = {false};
    for (uint32_t i = 0; i < coverage->nplaces; i++) {
        const struct api_enum *list = api_find_enum(coverage->rows[i].enumeration);
        if (list == NULL || there[list - api_enums])
            continue;
        there[list - api_enums] = true;
        put_string(out, list->name);
        fputs(":[", out);
        for (unsigned k = 0; k < list->nconstants && k < MODEL_VARIATIONS - MODEL_ENUM; k++) {
            put_string(out, list->constants[k].name);
            fputc(',', out);
        }
        fputs("],\n", out);
    }
    fputs("},\n", out);
}

static void
put_place(const struct coverage *coverage, const struct table_row *row, FILE *out)
{
    fputc('[', out);
    put_string(out, row->param);
    fputc(',', out);
    put_string(out, row->path);
    fputs(",[", out);
    for (unsigned v = 0; v < MODEL_VARIATIONS; v++) {
        if (table_slot(row, v) != TABLE_NONE)
            fprintf(out, "%u,", v);
    }
    fputs("],[", out);
    for (uint32_t i = 0; i < row->count; i++)
        fprintf(out, "%" PRIu32 ",", coverage->count[row->first + i]);
    fputs("],", out);
    put_string(out, row->enumeration);
    fputs("],\n", out);
}

static void
put_targets(const struct coverage *coverage, FILE *out)
{
    fputs("targets:[\n", out);
    for (uint32_t i = 0; i < coverage->nplaces;) {
        const struct table_row *first = &coverage->rows[i];
        char name[256];
        snprintf(name, sizeof name, "%s%s%s", first->callback, first->function[0] != '\0' ? ":" : "",
                 first->function);
        fputs("{name:", out);
        put_string(out, name);
        fputs(",places:[\n", out);
        uint64_t covered = 0, all = 0;
        for (; i < coverage->nplaces; i++) {
            const struct table_row *row = &coverage->rows[i];
            if (strcmp(row->callback, first->callback) != 0 || strcmp(row->function, first->function) != 0)
                break;
            put_place(coverage, row, out);
            all += row->count;
            for (uint32_t k = 0; k < row->count; k++)
                covered += coverage->count[row->first + k] != 0;
        }
        fprintf(out, "],covered:%" PRIu64 ",all:%" PRIu64 "},\n", covered, all);
    }
    fputs("],\n", out);
}

static void
put_files(const struct coverage_lines *lines, FILE *out)
{
    fputs("lines:[", out);
    for (uint32_t i = 0; i < lines->count; i++) {
        fputc('[', out);
        put_string(out, lines->files[i].name);
        fprintf(out, ",%" PRIu64 ",%" PRIu64 "],\n", lines->files[i].covered, lines->files[i].all);
    }
    fputs("],\n", out);
}

void
coverage_html(const struct coverage *coverage, const struct coverage_report *report, FILE *out)
{
    uint64_t covered, all;
    coverage_count(coverage, &covered, &all);
    fprintf(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                 "<meta name=\"viewport\" content=\"width=device-width\">\n<title>Schema coverage: ");
    escape_xml(out, report->title, strlen(report->title), false);
    fprintf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<h1>Schema coverage: ", style);
    escape_xml(out, report->title, strlen(report->title), false);
    fprintf(out,
            "</h1>\n<p>%" PRIu64 " of %" PRIu64
            " variations delivered (%.1f&nbsp;%%). <span class=\"dim\">A cell is a "
            "variation of the value at a place: <span class=\"key\"></span> not delivered, <span class=\"key "
            "h\"></span> delivered, <span class=\"key m\"></span> 100 times or more. Point at it for its "
            "name.</span></p>\n",
            covered, all, all > 0 ? 100.0 * (double)covered / (double)all : 100.0);
    if (report->lines != NULL)
        fprintf(out,
                "<p><a href=\"#lines\">Lines: %" PRIu64 " of %" PRIu64 " covered (%.1f&nbsp;%%)</a></p>\n",
                report->lines->covered, report->lines->all,
                report->lines->all > 0 ? 100.0 * (double)report->lines->covered / (double)report->lines->all
                                       : 100.0);
    fprintf(
        out,
        "<div class=\"tools\"><input type=\"search\" id=\"find\" placeholder=\"callback, parameter or key\" "
        "aria-label=\"filter\"><label><input type=\"checkbox\" id=\"gaps\"> only with gaps</label></div>\n"
        "<div id=\"targets\"></div>\n"
        "<section id=\"lines\" hidden><h1>Line coverage</h1><table><tbody id=\"files\"></tbody></table>"
        "</section>\n<noscript>This page draws its tables with the script in it.</noscript>\n<script>\n");
    put_words(out);
    put_enums(coverage, out);
    put_targets(coverage, out);
    if (report->lines != NULL)
        put_files(report->lines, out);
    fprintf(out, "};\n%s</script>\n</body>\n</html>\n", script);
}
