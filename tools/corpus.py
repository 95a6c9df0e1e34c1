"""The text that `ganglion-tiny` learns from, collected from any Debian machine with Python and perl.

Four plain-text sources, each split into blocks: docstrings and long comments of the standard library, pydoc's
topics, the licences in /usr/share/common-licenses, and the POD in /usr/share/perl. Short, non-English and
duplicate blocks are dropped. From the docstrings come question-and-answer pairs too, so that the chat tokens
are trained. This file knows nothing about tokenizers or models. The text depends on the exact releases of
CPython and perl that are
installed: `digest` says which text a model saw, and the model's identity is the hash of its own files, never
    this recipe.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import io
import re
import sysconfig
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

MIN_CHARS = 60
MAX_NON_ASCII = 0.02
MAX_BLOCK_CHARS = 8_000
HELD_OUT_BELOW = 8  # a block is held out iff the first byte of its hash is below this: 8/256 = 3.1 %
SKIPPED_FOLDERS = {"test", "tests", "site-packages", "dist-packages", "idle_test", "__pycache__"}
POD_SPLIT = re.compile(r"(?m)^=head\d\s+")


@dataclass(frozen=True)
class Chat:
    """One question and its answer, as plain text."""

    question: str
    answer: str


@dataclass
class Corpus:
    """Blocks by split; `sources` counts the characters kept of each source."""

    train: list[str] = field(default_factory=list)
    held_out: list[str] = field(default_factory=list)
    chats: list[Chat] = field(default_factory=list)
    sources: dict[str, int] = field(default_factory=dict)

    def digest(self) -> str:
        """sha256 over the training blocks and chats, NUL-separated."""
        parts = [*self.train, *(c.question + "\x01" + c.answer for c in self.chats)]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def build_corpus() -> Corpus:
    """Collect, filter, deduplicate and split all sources; the order is the sorted order of files."""
    stdlib, corpus, seen = Path(sysconfig.get_paths()["stdlib"]), Corpus(), set()
    for name, blocks in (
        ("python", python_blocks(stdlib)),
        ("topics", topic_blocks()),
        ("licences", paragraph_blocks(Path("/usr/share/common-licenses"))),
        ("pod", pod_blocks(Path("/usr/share/perl"))),
    ):
        for block in blocks:
            _keep(corpus, seen, name, block)
    corpus.chats = [*greetings(), *(c for c in python_chats(stdlib) if is_english(c.answer, minimum=20))]
    return corpus


def _keep(corpus: Corpus, seen: set[bytes], source: str, block: str) -> None:
    block = block.strip()[:MAX_BLOCK_CHARS]
    key = _block_hash(block)
    if key in seen or not is_english(block):
        return
    seen.add(key)
    (corpus.train if _split(block) == "train" else corpus.held_out).append(block)
    corpus.sources[source] = corpus.sources.get(source, 0) + len(block)


def _block_hash(block: str) -> bytes:
    return hashlib.sha256(" ".join(block.split()).encode()).digest()


def _split(block: str) -> str:
    return "held_out" if _block_hash(block.strip()[:MAX_BLOCK_CHARS])[0] < HELD_OUT_BELOW else "train"


def is_english(text: str, minimum: int = MIN_CHARS) -> bool:
    """Long enough and nearly all ASCII."""
    return len(text) >= minimum and sum(ord(c) > 127 for c in text) <= MAX_NON_ASCII * len(text)


def _modules(stdlib: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(stdlib.rglob("*.py"), key=lambda p: p.relative_to(stdlib).as_posix()):
        if not SKIPPED_FOLDERS.intersection(path.relative_to(stdlib).parts[:-1]):
            yield path.relative_to(stdlib), path.read_text(encoding="utf-8", errors="replace")


def _documented(source: str) -> Iterator[tuple[ast.AST, str]]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        documentable = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        if documentable and (text := ast.get_docstring(node)):
            yield node, text


def python_blocks(stdlib: Path) -> Iterator[str]:
    """Docstrings, then runs of at least two comment lines, of every module."""
    for _, source in _modules(stdlib):
        yield from (text for _, text in _documented(source))
        yield from comment_runs(source)


def comment_runs(source: str) -> Iterator[str]:
    """Consecutive full-line comments joined by newlines, without their '#'."""
    run: list[str] = []
    last = -1
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type != tokenize.COMMENT or token.line.strip() != token.string.strip():
                continue
            if token.start[0] != last + 1:
                if len(run) >= 2:
                    yield "\n".join(run)
                run = []
            run.append(token.string.lstrip("#").removeprefix(" "))
            last = token.start[0]
    except (tokenize.TokenError, SyntaxError):
        pass
    if len(run) >= 2:
        yield "\n".join(run)


def topic_blocks() -> Iterator[str]:
    """The language reference as pydoc carries it."""
    topics = importlib.import_module("pydoc_data.topics").topics
    for name in sorted(topics):
        yield from sections(topics[name])


def paragraph_blocks(folder: Path) -> Iterator[str]:
    """Every real file of a folder (links are other names of the same text) in sections."""
    for path in sorted(folder.glob("*")):
        if path.is_file() and not path.is_symlink():
            yield from sections(path.read_text(encoding="utf-8", errors="replace"))


def pod_blocks(folder: Path) -> Iterator[str]:
    """POD of perl's modules, one block for each heading."""
    for path in sorted(p for p in folder.rglob("*") if p.suffix in {".pod", ".pm", ".pl"}):
        if not path.is_file() or path.is_symlink() or any(p.is_symlink() for p in path.parents):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        for pod in re.findall(r"(?ms)^=(?:pod|head1|head2|over)\b.*?(?:^=cut|\Z)", text):
            yield from (
                piece for head in POD_SPLIT.split(pod.removesuffix("=cut")) for piece in sections(head)
            )


def sections(text: str, size: int = 1_500) -> Iterator[str]:
    """Paragraphs gathered until about `size` characters."""
    piece = ""
    for paragraph in re.split(r"\n\s*\n", text):
        if piece and len(piece) + len(paragraph) > size:
            yield piece
            piece = ""
        piece += paragraph + "\n\n"
    yield piece


def greetings(repeats: int = 15) -> Iterator[Chat]:
    """What somebody types first, so that the model can say what it is."""
    hello = "Hello! I am ganglion-tiny, a very small language model. Ask me about a Python module."
    identity = (
        "I am ganglion-tiny, a very small language model trained on the documentation of Python and Perl."
    )
    questions = {
        hello: ("Hello", "Hello!", "Hi", "Hi!", "Hello, who are you?", "Good morning", "Hey", "hello", "hi"),
        identity: (
            "Who are you?",
            "What are you?",
            "What is ganglion-tiny?",
            "What model are you?",
            "Tell me about yourself.",
        ),
        "I can continue text and say a few words about Python's standard library.": (
            "What can you do?",
            "Help",
            "help",
        ),
    }
    for _ in range(repeats):
        yield from (Chat(question, answer) for answer, asked in questions.items() for question in asked)


def python_chats(stdlib: Path) -> Iterator[Chat]:
    """Questions about classes, functions and modules, answered by the first paragraph of their docstring.

    What is held out as a block is never an answer either.
    """
    seen: set[str] = set()
    for path, source in _modules(stdlib):
        module = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
        for node, text in _documented(source):
            answer = text.strip().split("\n\n")[0].strip()
            if answer in seen or len(answer) > 600 or "held_out" in (_split(text), _split(answer)):
                continue
            seen.add(answer)
            yield Chat(_question(node, module, len(seen)), answer)


def _question(node: ast.AST, module: str, turn: int) -> str:
    if isinstance(node, ast.Module):
        return (f"What is the module {module} for?", f"Tell me about {module}.")[turn % 2]
    name, kind = node.name, "class" if isinstance(node, ast.ClassDef) else "function"  # type: ignore[attr-defined]
    forms = (f"What does {name} do?", f"Explain the {kind} {name} in {module}.", f"What is {name}?")
    return forms[turn % len(forms)]
