# Flattens the YAML of a NoCloud seed to lines of PATH<TAB>VALUE, in the order of the document:
#
#     users:                             users/0/name      lab
#       - name: lab              ->      users/0/shell     /bin/sh
#         shell: "/bin/sh"               runcmd/0          echo hello
#     runcmd: [echo hello, [a, b]]       runcmd/1/0        a
#                                        runcmd/1/1        b
#
# A tab, a newline and a backslash in a value are written \t, \n and \\ (printf %b gives them back); a slash in a key is
# written ~1. So the shell that reads this needs nothing but `read`, which is what makes the guest's start fast: under
# emulation each process costs 10 ms and more.
#
# Read: block mappings and sequences of any depth, plain, quoted (over several lines too), literal and folded scalars, flow
# collections, comments, tags (skipped). Not read: anchors and aliases, complex keys, more than one document; these are
# reported as lines of ERROR<TAB>TEXT, because a half-understood file must not look like a good one.
# Empty values (`key:`, ~, null) give an empty value; empty collections give no line.

{ sub(/\r$/, ""); L[++n] = $0 }

END {
    p = 1
    if (L[1] ~ /^\357\273\277/) L[1] = substr(L[1], 4)
    skip()
    if (p <= n && L[p] ~ /^%/) p++
    skip()
    if (p <= n && L[p] ~ /^---( |$)/) L[p] = "   " substr(L[p], 4)
    node(0, "")
    skip()
    if (p <= n && L[p] !~ /^(---|\.\.\.)/) oops("line " p " is not understood: " L[p])
    else if (p <= n && L[p] ~ /^---/) oops("line " p ": a second document is ignored")
}

function oops(text) { print "ERROR\t" escape(text); p = n + 1 }
function escape(v) { gsub(/\\/, "\\\\&", v); gsub(/\t/, "\\t", v); gsub(/\n/, "\\n", v); return v }
function emit(path, v) { print path "\t" escape(v) }
function join(path, key) { gsub(/\//, "~1", key); return path == "" ? key : path "/" key }
function indent(s) { match(s, /^ */); return RLENGTH }
function skip() { while (p <= n && L[p] ~ /^[ \t]*(#.*)?$/) p++ }
function spaces(k,   s) { s = sprintf("%" k "s", ""); return k ? s : "" }

# The node that starts on line p, if it is indented by at least `min`.
function node(min, path,   ind, text) {
    skip()
    if (p > n || (ind = indent(L[p])) < min || (ind == 0 && L[p] ~ /^(---|\.\.\.)( |$)/)) { if (path != "") emit(path, ""); return }
    text = substr(L[p], ind + 1)
    if (text ~ /^-( |$)/) seq(ind, path)
    else if (keyEnd(text)) map(ind, path)
    else { value(text, min - 1, path) }
}

function seq(ind, path,   i, rest, lead) {
    for (i = 0; ; i++) {
        skip()
        if (p > n || indent(L[p]) != ind || substr(L[p], ind + 1) !~ /^-( |$)/) break
        rest = substr(L[p], ind + 2)
        # The dash becomes a space, and what follows it is a node of its own: that covers `- key: x`, `- - x` and `- x`.
        if (rest ~ /^[ \t]*(#.*)?$/) { p++; skip(); if (p <= n && indent(L[p]) > ind) node(ind + 1, join(path, i)); else emit(join(path, i), "") }
        else { L[p] = spaces(ind + 1) rest; node(ind + 1, join(path, i)) }
    }
    if (p <= n && indent(L[p]) > ind) oops("line " p " is indented too far: " L[p])
}

function map(ind, path,   k, key, rest, text) {
    while (1) {
        skip()
        if (p > n || indent(L[p]) != ind) break
        text = substr(L[p], ind + 1)
        if (text ~ /^-( |$)/ || (ind == 0 && text ~ /^(---|\.\.\.)( |$)/)) break
        if (!(k = keyEnd(text))) { oops("line " p " has no `key: value`: " L[p]); return }
        key = substr(text, 1, k - 1)
        sub(/[ \t]+$/, "", key)
        if (key ~ /^"/) key = doubleQuoted(substr(key, 2, length(key) - 2))
        else if (key ~ /^'/) { key = substr(key, 2, length(key) - 2); gsub(/''/, "'", key) }
        rest = substr(text, k + 1)
        sub(/^[ \t]+/, "", rest)
        if (rest ~ /^!/) { sub(/^![^ ]*[ \t]*/, "", rest) }
        if (rest == "" || rest ~ /^#/) {
            p++
            skip()
            if (p <= n && indent(L[p]) > ind) node(ind + 1, join(path, key))
            else if (p <= n && indent(L[p]) == ind && substr(L[p], ind + 1) ~ /^-( |$)/) seq(ind, join(path, key))
            else emit(join(path, key), "")
        } else value(rest, ind, join(path, key))
    }
    if (p <= n && indent(L[p]) > ind) oops("line " p " is indented too far: " L[p])
}

# Where the colon of `key:` stands in text, or 0 if it is not a mapping's line.
function keyEnd(text,   i, q) {
    q = substr(text, 1, 1)
    if (q == "\"" || q == "'") {
        i = closing(text, q)
        if (!i) return 0
        return match(substr(text, i + 1), /^[ \t]*:([ \t]|$)/) ? i + index(substr(text, i + 1), ":") : 0
    }
    if (q ~ /[[{|>#&*!%@`]/) return 0
    if (!match(text, /:([ \t]|$)/)) return 0
    i = RSTART
    # A colon inside a comment is none.
    if (match(text, /[ \t]#/) && RSTART < i) return 0
    return i
}

# The index of the quote that closes the one at the start of text, or 0.
function closing(text, q,   i, c) {
    for (i = 2; i <= length(text); i++) {
        c = substr(text, i, 1)
        if (q == "\"" && c == "\\") i++
        else if (c == q) {
            if (q == "'" && substr(text, i + 1, 1) == "'") i++
            else return i
        }
    }
    return 0
}

# The scalar or flow collection whose first line is `text` (of line p); `parent` is the indentation it must exceed to go on.
function value(text, parent, path,   c, v, i, tail) {
    if (text ~ /^!/) { sub(/^![^ ]*[ \t]*/, "", text) }
    c = substr(text, 1, 1)
    if (c == "|" || c == ">") { block(text, parent, path); return }
    if (c == "&" || c == "*") { oops("line " p ": anchors and aliases are not supported: " text); return }
    if (c == "[" || c == "{") { flow(text, path); return }
    if (c == "\"" || c == "'") {
        v = text
        while (!(i = closing(v, c)) && p < n) v = fold(v, L[++p])
        if (!i) { oops("line " p ": a quote is not closed"); return }
        tail = substr(v, i + 1)
        if (tail !~ /^[ \t]*([ \t]#.*)?$/) { oops("line " p ": text after a closing quote: " tail); return }
        v = substr(v, 2, i - 2)
        if (c == "\"") v = doubleQuoted(v)
        else gsub(/''/, "'", v)
        p++
        emit(path, v)
        return
    }
    v = uncomment(text)
    p++
    # A plain scalar goes on over lines that are indented more than its parent.
    while (p <= n && L[p] !~ /^[ \t]*#/ && ((L[p] ~ /^[ \t]*$/ && plainGoesOn(parent)) || (L[p] !~ /^[ \t]*$/ && indent(L[p]) > parent))) {
        if (L[p] !~ /^[ \t]*$/ && keyEnd(substr(L[p], indent(L[p]) + 1))) { oops("line " p " is indented too far: " L[p]); return }
        v = fold(v, uncomment(L[p++]))
    }
    emit(path, v == "~" || v == "null" || v == "Null" || v == "NULL" ? "" : v)
}

function plainGoesOn(parent,   i) {
    for (i = p; i <= n && L[i] ~ /^[ \t]*$/; i++);
    return i <= n && L[i] !~ /^[ \t]*#/ && indent(L[i]) > parent
}
function uncomment(s) { if (match(s, /[ \t]#/)) s = substr(s, 1, RSTART - 1); sub(/[ \t]+$/, "", s); return s }

# YAML's line folding: a line break is a space, an empty line a newline, a backslash at the end of a line nothing.
function fold(v, more) {
    sub(/^[ \t]+/, "", more)
    if (v ~ /^"/ && v ~ /(^|[^\\])(\\\\)*\\$/) return substr(v, 1, length(v) - 1) more
    if (v !~ /\\[ \t]$/) sub(/[ \t]+$/, "", v)
    if (more == "") return v "\n"
    return v (v ~ /\n$/ ? "" : " ") more
}

function block(text, parent, path,   folded, chomp, ci, v, line, i, blanks, more, wasMore, started) {
    folded = substr(text, 1, 1) == ">"
    sub(/[ \t]+#.*$/, "", text)
    chomp = text ~ /\+/ ? "+" : text ~ /-/ ? "-" : ""
    ci = -1
    if (match(text, /[1-9]/)) ci = (parent < 0 ? 0 : parent) + substr(text, RSTART, 1)
    blanks = 0
    for (p++; p <= n; p++) {
        line = L[p]
        if (line ~ /^ *$/ && (ci < 0 || length(line) <= ci)) { blanks++; continue }
        i = indent(line)
        if (ci < 0) { if (i <= parent) break; ci = i }
        if (i < ci) break
        line = substr(line, ci + 1)
        more = line ~ /^[ \t]/
        if (!started) v = repeat(blanks) line
        else if (!folded || more || wasMore) v = v "\n" repeat(blanks) line
        else v = v (blanks ? repeat(blanks) : " ") line
        started = 1
        wasMore = more
        blanks = 0
    }
    if (started && chomp != "-") v = v "\n"
    if (chomp == "+") v = v repeat(blanks)
    emit(path, v)
}
function repeat(k,   s) { for (s = ""; k > 0; k--) s = s "\n"; return s }

# --- flow collections: the whole text is gathered until its brackets balance, then read from the string F at position at.

function flow(text, path) {
    F = text
    while (!balanced(F)) {
        if (p >= n) { oops("a bracket is not closed: " text); return }
        F = fold(F, uncomment(L[++p]))
    }
    p++
    at = 1
    flowNode(path)
}

function balanced(s,   i, c, depth, e) {
    for (i = 1; i <= length(s); i++) {
        c = substr(s, i, 1)
        if ((c == "\"" || c == "'") && substr(s, i - 1, 1) ~ /[][{},: ]/) { e = closing(substr(s, i), c); if (!e) return 0; i += e - 1 }
        else if (c == "[" || c == "{") depth++
        else if ((c == "]" || c == "}") && --depth == 0) return 1
    }
    return 0
}

function flowSpace() { while (substr(F, at, 1) ~ /[ \t\n]/ && at <= length(F)) at++ }

function flowNode(path,   c, i, key) {
    flowSpace()
    c = substr(F, at, 1)
    if (c == "[") {
        at++
        for (i = 0; at <= length(F); i++) {
            flowSpace()
            if (substr(F, at, 1) == "]") { at++; return }
            flowNode(join(path, i))
            flowSpace()
            if (substr(F, at, 1) == ",") at++
        }
    } else if (c == "{") {
        at++
        while (at <= length(F)) {
            flowSpace()
            if (substr(F, at, 1) == "}") { at++; return }
            key = flowScalar(1)
            flowSpace()
            if (substr(F, at, 1) == ":") { at++; flowNode(join(path, key)) } else emit(join(path, key), "")
            flowSpace()
            if (substr(F, at, 1) == ",") at++
        }
    } else { c = flowScalar(0); emit(path, !quoted && (c == "~" || c == "null") ? "" : c) }
}

function flowScalar(isKey,   c, i, v, start) {
    c = substr(F, at, 1)
    quoted = 0
    if (c == "\"" || c == "'") {
        quoted = 1
        i = closing(substr(F, at), c)
        v = substr(F, at + 1, i - 2)
        at += i
        if (c == "\"") v = doubleQuoted(v)
        else gsub(/''/, "'", v)
        return v
    }
    start = at
    while (at <= length(F)) {
        c = substr(F, at, 1)
        if (c ~ /[],[{}]/) break
        if (c == ":" && (substr(F, at + 1, 1) ~ /[ \t]/ || (isKey && substr(F, at + 1, 1) ~ /[]["'{},]/))) break
        at++
    }
    v = substr(F, start, at - start)
    # Neither a comma nor a bracket: without this step a stray character would be read for ever.
    if (at == start) at++
    sub(/[ \t\n]+$/, "", v)
    return v
}

# --- the escapes of a double-quoted scalar

function doubleQuoted(s,   i, c, v, k) {
    if (!index(s, "\\")) return s
    v = ""
    for (i = 1; i <= length(s); i++) {
        c = substr(s, i, 1)
        if (c != "\\") { v = v c; continue }
        c = substr(s, ++i, 1)
        if (c == "n") v = v "\n"
        else if (c == "t") v = v "\t"
        else if (c == "r") v = v "\r"
        else if (c == "0") v = v
        else if (c == "a") v = v "\007"
        else if (c == "b") v = v "\010"
        else if (c == "f") v = v "\014"
        else if (c == "v") v = v "\013"
        else if (c == "e") v = v "\033"
        else if (c == "N") v = v utf8(133)
        else if (c == "_") v = v utf8(160)
        else if (c == "L") v = v utf8(8232)
        else if (c == "P") v = v utf8(8233)
        else if (c == "x" || c == "u" || c == "U") {
            k = c == "x" ? 2 : c == "u" ? 4 : 8
            v = v character(hex(substr(s, i + 1, k)))
            i += k
        } else v = v c
    }
    return v
}

# JSON writes what lies beyond 16 bits as two halves.
function character(code) {
    if (code >= 55296 && code < 56320) { high = code; return "" }
    if (code >= 56320 && code < 57344 && high) { code = 65536 + (high - 55296) * 1024 + code - 56320; high = 0 }
    return utf8(code)
}
function hex(s,   i, v) { s = tolower(s); v = 0; for (i = 1; i <= length(s); i++) v = v * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1; return v }
function utf8(c) {
    if (c < 128) return sprintf("%c", c)
    if (c < 2048) return sprintf("%c%c", 192 + int(c / 64), 128 + c % 64)
    if (c < 65536) return sprintf("%c%c%c", 224 + int(c / 4096), 128 + int(c / 64) % 64, 128 + c % 64)
    return sprintf("%c%c%c%c", 240 + int(c / 262144), 128 + int(c / 4096) % 64, 128 + int(c / 64) % 64, 128 + c % 64)
}
