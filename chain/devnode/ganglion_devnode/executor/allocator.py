"""Substrate's freeing-bump allocator as wasm, to be linked into a runtime.

Same rules as a node's own allocator: power-of-two orders from 8 bytes to 32 MiB, an 8-byte header before each
allocation, free lists without coalescing, memory doubling on demand up to a maximum. Inside the module an
allocation costs nanoseconds; through the host it would cost microseconds, hundreds of times a transfer.
"""

from __future__ import annotations

from wasmtime import wat2wasm

from ganglion_devnode.executor.wasm_binary import CODE, Cursor, read_sections

MALLOC_EXPORT = "__ganglion_malloc"
FREE_NAME = "__ganglion_free"
STATE_BYTES = 96  # 23 free-list heads, then the bump pointer, both u32; 0 means empty and not yet started
MAX_ALLOCATION = 32 << 20
PAGE = 65536

# The runtime keeps a u16 in header bytes 6-7 of what it aligns itself: on free only bit 32 and the low half
# are read, and on malloc all 8 bytes are written.
_WAT = """
(module (memory 1)
 (func (param $size i32) (result i32)
  (local $order i32) (local $slot i32) (local $header i32) (local $end i64) (local $pages i32)
  (if (i32.gt_u (local.get $size) (i32.const {max_allocation})) (then unreachable))
  (if (i32.lt_u (local.get $size) (i32.const 8)) (then (local.set $size (i32.const 8))))
  (local.set $order (i32.sub (i32.const 29) (i32.clz (i32.sub (local.get $size) (i32.const 1)))))
  (local.set $slot (i32.add (i32.const {state}) (i32.shl (local.get $order) (i32.const 2))))
  (local.set $header (i32.load (local.get $slot)))
  (if (local.get $header)
   (then
    (if (i32.and (i32.load offset=4 (local.get $header)) (i32.const 1)) (then unreachable))
    (i32.store (local.get $slot) (i32.load (local.get $header))))
   (else
    (local.set $header (i32.load (i32.const {bump})))
    (if (i32.eqz (local.get $header)) (then (local.set $header (i32.const {heap}))))
    (local.set $end (i64.add (i64.extend_i32_u (local.get $header))
     (i64.add (i64.const 8) (i64.shl (i64.const 8) (i64.extend_i32_u (local.get $order))))))
    (if (i64.gt_u (local.get $end) (i64.shl (i64.extend_i32_u (memory.size)) (i64.const 16)))
     (then
      (local.set $pages (i32.wrap_i64
       (i64.shr_u (i64.add (local.get $end) (i64.const 65535)) (i64.const 16))))
      (if (i32.gt_u (local.get $pages) (i32.const {max_pages})) (then unreachable)) (local.set $size (i32.shl
      (memory.size) (i32.const 1))) (if (i32.gt_u (local.get $size) (i32.const {max_pages})) (then (local.set
      $size (i32.const {max_pages})))) (if (i32.lt_u (local.get $size) (local.get $pages)) (then (local.set
      $size (local.get $pages)))) (if (i32.eq (memory.grow (i32.sub (local.get $size) (memory.size)))
      (i32.const -1)) (then unreachable))))
    (i32.store (i32.const {bump}) (i32.wrap_i64 (local.get $end)))))
  (i64.store (local.get $header) (i64.or (i64.extend_i32_u (local.get $order)) (i64.const 0x100000000)))
  (i32.add (local.get $header) (i32.const 8)))
 (func (param $ptr i32)
  (local $header i32) (local $order i32) (local $slot i32)
  (if (i32.lt_u (local.get $ptr) (i32.const {first})) (then unreachable))
  (local.set $header (i32.sub (local.get $ptr) (i32.const 8)))
  (if (i32.eqz (i32.and (i32.load offset=4 (local.get $header)) (i32.const 1))) (then unreachable))
  (local.set $order (i32.load (local.get $header)))
  (if (i32.ge_u (local.get $order) (i32.const 23)) (then unreachable))
  (local.set $slot (i32.add (i32.const {state}) (i32.shl (local.get $order) (i32.const 2))))
  (i64.store (local.get $header) (i64.extend_i32_u (i32.load (local.get $slot))))
  (i32.store (local.get $slot) (local.get $header))))
"""


def allocator_bodies(heap_base: int, max_pages: int) -> tuple[bytes, bytes]:
    """Code-section entries (without their size) of malloc `i32 -> i32` and free `i32 -> ()`.

    They call nothing and use no types or globals, so they can be appended to any module with a memory.
    """
    state = (heap_base + 7) // 8 * 8
    heap = state + STATE_BYTES
    text = _WAT.format(
        max_allocation=MAX_ALLOCATION,
        state=state,
        bump=state + 92,
        heap=heap,
        first=heap + 8,
        max_pages=max_pages,
    )
    code = next(section for section in read_sections(bytes(wat2wasm(text))) if section.kind == CODE)
    cursor = Cursor(code.body)
    cursor.leb()
    return cursor.sized(), cursor.sized()
