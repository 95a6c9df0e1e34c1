"""Rewrites a Substrate runtime so that it can be instantiated in microseconds.

The allocator imports are replaced by an allocator inside the module, an imported memory becomes an exported
one with a maximum, and every function index is renumbered accordingly. Function names are kept for
backtraces; debug sections, whose offsets no longer hold, are dropped. Nothing else of the module changes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ganglion_devnode.executor.allocator import FREE_NAME, MALLOC_EXPORT, allocator_bodies
from ganglion_devnode.executor.wasm_binary import (
    CODE,
    CUSTOM,
    DATA,
    DATA_COUNT,
    ELEMENT,
    EXPORT,
    FUNCTION,
    GLOBAL,
    IMPORT,
    KIND_FUNC,
    KIND_GLOBAL,
    KIND_MEMORY,
    MEMORY,
    START,
    TYPE,
    Cursor,
    Export,
    Import,
    Section,
    WasmFormatError,
    leb,
    read_exports,
    read_imports,
    read_limits,
    read_sections,
    sized,
    write_sections,
)

RELINKER_VERSION = 1  # part of the compiled artifact's cache key: raise it whenever the output changes
MALLOC_IMPORT = "ext_allocator_malloc_version_1"
FREE_IMPORT = "ext_allocator_free_version_1"
LAST_PAGE = 65535

_LEB = rb"[\x80-\xff]*+[\x00-\x7f]"
# Runs of instructions that hold no function index. Possessive, so that a run never backtracks.
_PLAIN = re.compile(
    rb"(?:[\x00\x01\x05\x0b\x0f\x1a\x1b\x45-\xc4\xd1]"
    rb"|[\x02-\x04\x0c\x0d\x20-\x26\x3f\x40-\x42\xd0]" + _LEB +
    rb"|[\x11\x28-\x3e]" + _LEB + _LEB +
    rb"|\x43.{4}|\x44.{8}|\x1c\x01.|\xfc(?:[\x00-\x07]|[\x09\x0b\x0d\x0f-\x11]" + _LEB +
    rb"|[\x08\x0a\x0c\x0e]" + _LEB + _LEB + rb"))++",
    re.DOTALL,
)  # fmt: skip
CALL, BR_TABLE, REF_FUNC = 0x10, 0x0E, 0xD2


@dataclass(slots=True, frozen=True)
class Renumbering:
    """Old to new function indices: some imports go, two functions come last."""

    table: tuple[int, ...]  # for every old function index
    malloc: int
    free: int

    def __getitem__(self, old: int) -> int:
        if old >= len(self.table):
            raise WasmFormatError(f"function index {old} is beyond the module's {len(self.table)} functions")
        return self.table[old]


def relink(wasm: bytes, heap_pages: int) -> bytes:
    """The module with its allocator inside. Memory may grow `heap_pages` beyond its initial size."""
    sections = read_sections(wasm)
    by_kind = {section.kind: section for section in sections if section.kind != CUSTOM}
    imports = read_imports(by_kind[IMPORT].body) if IMPORT in by_kind else []
    exports = read_exports(by_kind[EXPORT].body) if EXPORT in by_kind else []
    minimum = _memory_minimum(by_kind.get(MEMORY), imports)
    maximum = min(minimum + heap_pages, LAST_PAGE)
    bodies = allocator_bodies(_heap_base(by_kind.get(GLOBAL), imports, exports), maximum)
    defined = Cursor(_body(by_kind, FUNCTION)).leb()
    functions = _renumber(imports, defined)
    types = Cursor(_body(by_kind, TYPE)).leb()
    rewritten = {
        TYPE: _extend_vector(_body(by_kind, TYPE), [b"\x60\x01\x7f\x01\x7f", b"\x60\x01\x7f\x00"]),
        IMPORT: _imports(imports),
        FUNCTION: _extend_vector(_body(by_kind, FUNCTION), [leb(types), leb(types + 1)]),
        MEMORY: b"\x01\x01" + leb(minimum) + leb(maximum),
        EXPORT: _exports(exports, functions),
        CODE: _code(_body(by_kind, CODE), functions, bodies),
    }
    if START in by_kind:
        rewritten[START] = leb(functions[Cursor(by_kind[START].body).leb()])
    if ELEMENT in by_kind:
        rewritten[ELEMENT] = _elements(by_kind[ELEMENT].body, functions)
    return write_sections(_assemble(sections, rewritten, functions))


def _body(by_kind: dict[int, Section], kind: int) -> bytes:
    return by_kind[kind].body if kind in by_kind else b"\x00"


def _extend_vector(body: bytes, extra: list[bytes]) -> bytes:
    cursor = Cursor(body)
    return leb(cursor.leb() + len(extra)) + body[cursor.pos :] + b"".join(extra)


def _memory_minimum(memory: Section | None, imports: list[Import]) -> int:
    """Initial pages of the one memory, imported or defined."""
    if memory is not None:
        cursor = Cursor(memory.body)
        if cursor.leb() != 1:
            raise WasmFormatError("a runtime has exactly one memory")
        return read_limits(cursor)[0]
    for entry in imports:
        if entry.kind == KIND_MEMORY:
            return read_limits(Cursor(entry.descriptor))[0]
    raise WasmFormatError("the module has no memory: it is not a Substrate runtime")


def _heap_base(section: Section | None, imports: list[Import], exports: list[Export]) -> int:
    """Value of the exported constant `__heap_base`."""
    wanted = next((e.index for e in exports if e.name == "__heap_base" and e.kind == KIND_GLOBAL), None)
    if wanted is None or section is None:
        raise WasmFormatError("the module exports no global `__heap_base`: it is not a Substrate runtime")
    wanted -= sum(entry.kind == KIND_GLOBAL for entry in imports)
    cursor = Cursor(section.body)
    for index in range(cursor.leb()):
        cursor.take(2)
        opcode = cursor.byte()
        value = (
            cursor.leb()
            if opcode in (0x23, 0x41, 0x42)
            else int.from_bytes(cursor.take(4 if opcode == 0x43 else 8))
        )
        if cursor.byte() != 0x0B:
            raise WasmFormatError("a global has an initialiser beyond wasm 1.0")
        if index == wanted and opcode == 0x41:
            return value & 0xFFFFFFFF
    raise WasmFormatError("`__heap_base` is not an i32 constant")


def _renumber(imports: list[Import], defined: int) -> Renumbering:
    functions = [entry for entry in imports if entry.kind == KIND_FUNC]
    kept = sum(entry.name not in (MALLOC_IMPORT, FREE_IMPORT) for entry in functions)
    malloc, free = kept + defined, kept + defined + 1
    table, following = [], 0
    for entry in functions:
        if entry.name == MALLOC_IMPORT:
            table.append(malloc)
        elif entry.name == FREE_IMPORT:
            table.append(free)
        else:
            table.append(following)
            following += 1
    return Renumbering((*table, *range(kept, kept + defined)), malloc, free)


def _imports(imports: list[Import]) -> bytes:
    kept = [e for e in imports if e.kind != KIND_MEMORY and e.name not in (MALLOC_IMPORT, FREE_IMPORT)]
    return leb(len(kept)) + b"".join(entry.encode() for entry in kept)


def _exports(exports: list[Export], functions: Renumbering) -> bytes:
    kept = [
        Export(e.name, e.kind, functions[e.index] if e.kind == KIND_FUNC else e.index)
        for e in exports
        if e.kind != KIND_MEMORY and e.name != MALLOC_EXPORT
    ]
    kept += [Export("memory", KIND_MEMORY, 0), Export(MALLOC_EXPORT, KIND_FUNC, functions.malloc)]
    return leb(len(kept)) + b"".join(entry.encode() for entry in kept)


def _elements(body: bytes, functions: Renumbering) -> bytes:
    cursor = Cursor(body)
    segments = [leb(cursor.leb())]
    while not cursor.done:
        if cursor.leb() != 0:
            raise WasmFormatError("an element segment has a form beyond wasm 1.0")
        start = cursor.pos
        if cursor.byte() not in (0x23, 0x41):
            raise WasmFormatError("an element segment has an offset beyond wasm 1.0")
        cursor.leb()
        if cursor.byte() != 0x0B:
            raise WasmFormatError("an element segment has an offset beyond wasm 1.0")
        offset = body[start : cursor.pos]
        indices = [leb(functions[cursor.leb()]) for _ in range(cursor.leb())]
        segments += [b"\x00", offset, leb(len(indices)), *indices]
    return b"".join(segments)


def _code(body: bytes, functions: Renumbering, extra: tuple[bytes, bytes]) -> bytes:
    cursor = Cursor(body)
    count = cursor.leb()
    encoded_calls = [leb(index) for index in functions.table]
    out = [leb(count + len(extra))]
    for _ in range(count):
        size = cursor.leb()
        end = cursor.pos + size
        if end > len(body):
            raise WasmFormatError("a function body ends beyond the code section")
        out.append(sized(_function(body, cursor.pos, end, encoded_calls)))
        cursor.pos = end
    out += [sized(function) for function in extra]
    return b"".join(out)


def _skip_locals(body: bytes, start: int, end: int) -> int:
    cursor = Cursor(body, start, end)
    for _ in range(cursor.leb()):
        cursor.leb()
        cursor.byte()
    return cursor.pos


def _function(body: bytes, start: int, end: int, calls: list[bytes]) -> bytes:
    """One function body with the targets of `call` and `ref.func` replaced."""
    match_plain = _PLAIN.match
    parts = []
    copied = start
    pos = _skip_locals(body, start, end)
    while pos < end:
        plain = match_plain(body, pos, end)
        if plain is not None:
            pos = plain.end()
            continue
        opcode = body[pos]
        cursor = Cursor(body, pos + 1, end)
        if opcode in (CALL, REF_FUNC):
            target = cursor.leb()
            if target >= len(calls):
                raise WasmFormatError(f"call of function {target}, which the module does not have")
            parts += [body[copied : pos + 1], calls[target]]
            copied = cursor.pos
        elif opcode == BR_TABLE:
            for _ in range(cursor.leb() + 1):
                cursor.leb()
        else:
            raise WasmFormatError(f"instruction {opcode:#04x} at code offset {pos} is beyond wasm 1.0")
        pos = cursor.pos
    parts.append(body[copied:end])
    return b"".join(parts)


def _names(body: bytes, functions: Renumbering) -> bytes:
    """The name section: module and function names, renumbered."""
    cursor = Cursor(body)
    out = []
    while not cursor.done:
        kind = cursor.byte()
        part = cursor.sized()
        if kind == 0:
            out.append(b"\x00" + sized(part))
        elif kind == 1:
            out.append(b"\x01" + sized(_function_names(part, functions)))
    return b"".join(out)


def _function_names(body: bytes, functions: Renumbering) -> bytes:
    cursor = Cursor(body)
    names = {functions[cursor.leb()]: cursor.sized() for _ in range(cursor.leb())}
    names[functions.malloc] = MALLOC_EXPORT.encode()
    names[functions.free] = FREE_NAME.encode()
    return leb(len(names)) + b"".join(leb(index) + sized(name) for index, name in sorted(names.items()))


def _assemble(sections: list[Section], rewritten: dict[int, bytes], functions: Renumbering) -> list[Section]:
    """All sections in the binary format's order; custom ones that stay true come last."""
    given = {section.kind: section.body for section in sections if section.kind != CUSTOM}
    bodies = {**given, **rewritten}
    order = [kind for kind in (*range(TYPE, CODE), DATA_COUNT, CODE, DATA) if kind in bodies]
    out = [Section(kind, bodies[kind]) for kind in order]
    for section in sections:
        if section.kind == CUSTOM and section.name == "name":
            out.append(Section(CUSTOM, _names(section.body, functions), "name"))
    return out
