#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""callgraph.py IMAGE.elf: no function of the image reaches itself by direct calls (firmware/README.md, rule 1).

Reads the branches of `arm-none-eabi-objdump -d`. Calls through pointers (the dispatch tables) are not followed: their
handlers are listed by how many instructions use one, so that a new kind of them is noticed when the number moves.
"""
import re
import subprocess
import sys


def graph(elf):
    text = subprocess.run(["arm-none-eabi-objdump", "-d", elf], check=True, capture_output=True, text=True).stdout
    calls, now, indirect = {}, None, 0
    for line in text.splitlines():
        head = re.match(r"^[0-9a-f]+ <([^>]+)>:$", line)
        if head:
            now = head.group(1)
            calls.setdefault(now, set())
            continue
        branch = re.search(r"\t(bl|b|b\.n|b\.w|beq\.w|bne\.w|bx|blx)\s+(\S+)(?:\s+<([^>+]+)(\+0x[0-9a-f]+)?>)?", line)
        if not branch or now is None:
            continue
        op, operand, name, offset = branch.groups()
        if op == "blx" or (op == "bx" and operand != "lr"):
            indirect += 1
        # A branch into the middle of the same function is a loop.
        elif name and not (offset or (name == now and op != "bl")):
            calls[now].add(name)
    return calls, indirect


def cycle(calls):
    done, path = set(), []

    def visit(f):
        if f in path:
            return path[path.index(f):] + [f]
        if f in done:
            return None
        path.append(f)
        for g in sorted(calls.get(f, ())):
            found = visit(g)
            if found:
                return found
        path.pop()
        done.add(f)
        return None

    for f in sorted(calls):
        found = visit(f)
        if found:
            return found
    return None


def main():
    calls, indirect = graph(sys.argv[1])
    if len(calls) < 100:
        sys.exit("callgraph: only %d functions found in %s" % (len(calls), sys.argv[1]))
    found = cycle(calls)
    if found:
        sys.exit("callgraph: recursion: " + " -> ".join(found))
    print("%s: %d functions, none reaches itself; %d calls through pointers" % (sys.argv[1], len(calls), indirect))


if __name__ == "__main__":
    main()
