"""Ordered walks over trie nodes. Paths are hexadecimal strings; nothing is loaded or computed on the way."""

from __future__ import annotations

from collections.abc import Iterator

from ganglion_devnode.trie.node import Node


def _subtree(stack: list[tuple[Node, str]]) -> Iterator[tuple[str, bytes]]:
    """Every (path, value) below the stacked (node, path above it); the top of the stack comes first."""
    while stack:
        node, above = stack.pop()
        path = above + node.partial
        children = node.children
        if children:
            stack.extend([(children[nibble], path + nibble) for nibble in sorted(children, reverse=True)])
        if node.value is not None:
            yield path, node.value


def walk_prefix(root: Node | None, prefix: str) -> Iterator[tuple[str, bytes]]:
    """Pairs whose path starts with `prefix`, in order."""
    node, at = root, 0
    while node is not None:
        rest = prefix[at:]
        if node.partial.startswith(rest):
            return _subtree([(node, prefix[:at])])
        if not rest.startswith(node.partial) or node.children is None:
            break
        at += len(node.partial)
        node = node.children.get(prefix[at])
        at += 1
    return iter(())


def walk_after(root: Node | None, path: str) -> Iterator[tuple[str, bytes]]:
    """Pairs whose path is strictly greater than `path`, in order."""
    stack: list[tuple[Node, str]] = []
    node, at = root, 0
    while node is not None:
        partial = node.partial
        if not path.startswith(partial, at):
            if partial > path[at : at + len(partial)]:  # the whole subtree lies after `path`
                stack.append((node, path[:at]))
            break
        at += len(partial)
        children = node.children
        if not children:
            break
        nibble = path[at] if at < len(path) else ""  # "" sorts before every child: all of them come after
        above = path[:at]
        stack.extend([(children[n], above + n) for n in sorted(children, reverse=True) if n > nibble])
        if not nibble:
            break
        node = children.get(nibble)
        at += 1
    return _subtree(stack)
