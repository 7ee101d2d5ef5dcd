"""One decorator for every kernel, and the names of their argument types.

A kernel is compiled for stated types when its module is first imported. From then on Numba's cache has it, and it is
loaded when it is first called. Inputs are C-contiguous and read-only, because Arrow and Ray hand out read-only arrays;
a writable array is accepted too. Outputs are preallocated by the caller and come last.

The cache lies in `__pycache__` beside the source; where that is not writable, in the user's cache folder; before both
comes `NUMBA_CACHE_DIR`, which an image of read-only code should set and fill when it is built. With
`NUMBA_DISABLE_JIT=1` the kernels are plain Python, where NumPy reports an integer overflow.
"""

from __future__ import annotations

import hashlib
import inspect
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

import numba
from llvmlite import binding
from numba import types
from numba.core import cgutils
from numba.core.compiler_lock import global_compiler_lock
from numba.core.runtime import rtsys
from numba.extending import intrinsic

from kernels.table import holds_table

_IMPORT: Final = re.compile(r"^[ \t]*from (kernels[\w.]*) import (?:\(([^)]*)\)|(.*))", re.MULTILINE)
"""An import of a source; a parser takes fifty times as long to find it."""
F = TypeVar("F", bound=Callable[..., Any])


def _array(dtype: Any, ndim: int = 1, *, readonly: bool = True) -> Any:
    return types.Array(dtype, ndim, "C", readonly=readonly)


# Scalars, and what a kernel without a result returns.
f8: Final = types.float64
i8: Final = types.int64
i4: Final = types.int32
b1: Final = types.boolean
void: Final = types.void

# Vectors to read; W: to write; M: matrices.
F8: Final = _array(f8)
I8: Final = _array(i8)
I4: Final = _array(i4)
B1: Final = _array(b1)
U1: Final = _array(types.uint8)
F8W: Final = _array(f8, readonly=False)
I8W: Final = _array(i8, readonly=False)
I4W: Final = _array(i4, readonly=False)
B1W: Final = _array(b1, readonly=False)
F8M: Final = _array(f8, 2)
I8M: Final = _array(i8, 2)
F8MW: Final = _array(f8, 2, readonly=False)
I8MW: Final = _array(i8, 2, readonly=False)


def kernel(*signatures: Any, allocates: bool = False, inlined: bool = False, inner: bool = False) -> Callable[[F], F]:
    """Compile a function for `signatures`, and for nothing else: `@kernel(void(F8, I8, F8W))`.

    - Other array types (strided, other dtype) raise TypeError at the call. Scalars are converted: a float given for
      an integer is cut, as in C.
    - `error_model="numpy"`: no exception leaves a loop. A kernel states what it divides by as a precondition.
    - An index counts from the start: none is negative. Python's would count from the end, and to look for it takes
      four instructions an access and keeps loops from being vectorised.
    - `nogil`: a thread in a kernel stops no other. No `fastmath`: sums of money keep their order and rounding.
    - Other kernels may call it; LLVM inlines small ones.
    - Arrays are borrowed from the caller, and Numba does not count references to them: with tables of many arrays the
      counting took eight times as long as the work. Only a kernel that makes arrays says `allocates` and counts.
    - Many arrays are handed over as a table (`kernels.table`), by address. A kernel says `inlined` where it is called
      once a name and LLVM would not copy it into those that call it.
    - An `inner` kernel is called by kernels alone: for tables of a hundred arrays, unpacking them for Python takes ten
      times as long to compile as the kernel itself.
    """

    def compiled(function: F) -> F:
        if numba.config.DISABLE_JIT:
            return function
        if any(holds_table(signature.return_type) for signature in signatures):
            raise TypeError(f"{function.__name__} returns a table, which ends with the kernel that made it")
        options = {"forceinline": inlined, "no_cpython_wrapper": inner, "no_cfunc_wrapper": inner}
        dispatcher = numba.njit(nogil=True, error_model="numpy", _nrt=allocates, **options)(function)
        _keep_in_cache(dispatcher)
        if inner or all(_is_cached(dispatcher, signature) for signature in signatures):
            _load_when_called(dispatcher, signatures)
        else:
            _load(dispatcher, signatures)
        kept: F = dispatcher
        return kept

    return compiled


def _load(dispatcher: Any, signatures: tuple[Any, ...]) -> None:
    """Compile a kernel for its signatures, or load what the cache has of them; it takes no others from here on."""
    for signature in signatures:
        if not _take_from_cache(dispatcher, signature):
            with _indices_as_given():
                dispatcher.compile(signature)
    dispatcher.disable_compile()


def _index_as_given(context: Any, builder: Any, kind: Any, index: Any, _size: Any) -> Any:
    """What Numba makes of an integer index, without a look for a negative one."""
    return context.cast(builder, index, kind, types.intp if kind.signed else types.uintp)


@contextmanager
def _indices_as_given() -> Iterator[None]:
    """While kernels are compiled, and nothing else of the process is."""
    from numba.np import arrayobj  # late: it is slow to load, and kernels that are cached need nothing of it

    with global_compiler_lock:
        kept, arrayobj.fix_integer_index = arrayobj.fix_integer_index, _index_as_given
        try:
            yield
        finally:
            arrayobj.fix_integer_index = kept


def _take_from_cache(dispatcher: Any, signature: Any) -> bool:
    """Load a kernel from the cache as `compile` does, but without all that Numba can compile: 0.2 s of every start.

    Code that is ready needs the runtime alone. Whatever is compiled after all loads the rest by itself.
    """
    cache, context = dispatcher._cache, dispatcher.targetctx
    if not hasattr(cache, "_load_overload"):
        return False
    with global_compiler_lock:
        rtsys.initialize(context)
        found = cache._load_overload(signature, context)
        if found is None:
            return False
        dispatcher._cache_hits[signature] += 1
        context.insert_user_function(found.entry_point, found.fndesc, [found.library])
        dispatcher.add_overload(found)
    return True


def _is_cached(dispatcher: Any, signature: Any) -> bool:
    """Whether the cache has a kernel for a signature, and fresh."""
    cache = dispatcher._cache
    if not hasattr(cache, "_cache_file"):
        return False
    return bool(cache._index_key(signature, dispatcher.targetctx.codegen()) in cache._cache_file._load_index())


def _load_when_called(dispatcher: Any, signatures: tuple[Any, ...]) -> None:
    """Leave a kernel in the cache until Python calls it, or a kernel that is compiled.

    One that is loaded brings with it what it calls: an account's explanation loads 50 of 440 kernels, at 5 to
    10 ms each. An inner one is compiled only with those that call it.
    """

    def load() -> None:
        del dispatcher._compile_for_args, dispatcher.get_call_template
        _load(dispatcher, signatures)

    def first_call(*_: Any, **__: Any) -> Any:
        load()
        return dispatcher

    def first_caller(args: Any, kws: Any) -> Any:
        load()
        return dispatcher.get_call_template(args, kws)

    dispatcher._compile_for_args, dispatcher.get_call_template = first_call, first_caller


def apart(signature: Any) -> Callable[[F], F]:
    """An inner kernel that others call without taking it in: LLVM sees its name, not its code.

    What a kernel calls is otherwise optimised again with it, and so, floor upon floor, is everything below.
    """

    def compiled(function: F) -> F:
        if numba.config.DISABLE_JIT:
            return function
        inner = kernel(signature, inner=True)(function)
        inner.get_call_template(signature.args, {})  # type: ignore[attr-defined] # others may call it by name
        result = inner.overloads[signature.args]  # type: ignore[attr-defined]
        symbol = f"{function.__module__}.{function.__name__}"
        binding.add_symbol(symbol, result.library.get_pointer_to_function(result.fndesc.llvm_func_name))

        def call(_typing: Any, *_: Any) -> Any:
            def code(context: Any, builder: Any, typed: Any, values: Any) -> Any:
                convention = context.call_conv
                known = convention.get_function_type(typed.return_type, typed.args)
                callee = cgutils.get_or_insert_function(builder.module, known, symbol)
                _, value = convention.call_function(builder, callee, typed.return_type, typed.args, values)
                return value

            return signature, code

        given = inspect.signature(function).parameters.values()
        context = inspect.Parameter("typingctx", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        call.__signature__ = inspect.Signature([context, *given])  # type: ignore[attr-defined]
        called: Any = intrinsic(call)
        called.kernel = inner  # keeps the code alive
        kept: F = called
        return kept

    return compiled


def _as_readonly(array: Any) -> Any:
    """Inside a kernel: an array that is written elsewhere, for those that only read it and say so, tables above all."""
    return array


def _typed_readonly(_typing: Any, array: Any) -> Any:
    """Another type, the same value."""
    return array.copy(readonly=True)(array), lambda _context, _builder, _signature, args: args[0]


readonly: Final = _as_readonly if numba.config.DISABLE_JIT else intrinsic(_typed_readonly)


@cache
def _source_of(module: str) -> Path | None:
    """Where a module of kernels has its source; None for any other name."""
    place = Path(__file__).parents[1].joinpath(*module.split("."))
    found = [path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()]
    return found[0] if found and module.startswith("kernels.") else None


@cache
def _digest_of(source: Path) -> bytes:
    """SHA-256 over a kernel's source and all that it imports from this package, however far away."""
    text = source.read_bytes()
    digest = hashlib.sha256(source.name.encode() + b"\0" + text)
    for module, listed, named in _IMPORT.findall(text.decode()):
        names = re.findall(r"\w+", re.sub(r" as \w+|#.*", "", listed or named))
        for one in (module, *(f"{module}.{name}" for name in names)):
            imported = _source_of(one)
            digest.update(_digest_of(imported) if imported else b"")
    return digest.digest()


def _keep_in_cache(dispatcher: Any) -> None:
    """Cache on disk, fresh only while its source and all that it imports are what they were.

    Numba looks at the kernel's own file alone, so a caller would go on running the old code of a changed helper.
    """
    try:
        dispatcher.enable_caching()
    except RuntimeError:
        warnings.warn(
            f"Kernels are compiled anew in every process: no folder for {dispatcher.__name__}'s cache can be written. "
            "Set NUMBA_CACHE_DIR to one that can.",
            RuntimeWarning,
            stacklevel=4,
        )
        return
    dispatcher._cache._cache_file._source_stamp = _digest_of(Path(dispatcher.py_func.__code__.co_filename)).hex()
