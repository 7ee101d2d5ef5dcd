"""Tables of arrays that kernels hand each other by address: a NamedTuple in Python, one pointer in compiled code.

Numba hands a NamedTuple over by value, seven words for each of its arrays. A kernel that takes a hundred of them then
takes seconds to compile, and tenths of a microsecond to call. `table` makes a type of the same fields that is handed
over as the address of those words; a kernel loads what it uses.

- A NamedTuple made in a kernel is laid down on the stack where it is handed to a kernel that takes a table, and so
  lives as long as the kernel that made it. No kernel returns a table (`kernels.jit` refuses it), only the tuple itself,
  of type `Table.tuple`.
- What a table holds never changes while a kernel runs, so its loads are marked invariant and leave loops; what arrays
  hold is loaded and stored as ever.
- Within a table a table lies in place, and is taken by address too.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.datamodel import models, register_default
from numba.core.imputils import impl_ret_borrowed
from numba.core.typeconv import Conversion
from numba.core.typing.templates import AttributeTemplate
from numba.extending import NativeValue, infer_getattr, lower_cast, lower_getattr_generic, unbox


class Table(types.Type):  # type: ignore[misc]
    """The type of a table: its NamedTuple class, its fields by name, and the `tuple` that Numba makes of them."""

    def __init__(self, kind: type, fields: tuple[types.Type, ...]) -> None:
        """Fields in the class's order; some may be tables."""
        self.kind = kind
        self.fields = dict(zip(kind._fields, fields, strict=True))  # type: ignore[attr-defined]
        plain: list[types.Type] = [field.tuple if isinstance(field, Table) else field for field in fields]
        self.tuple: types.NamedTuple = types.NamedTuple(tuple(plain), kind)
        super().__init__(f"Table({kind.__module__}.{kind.__name__})")

    @property
    def key(self) -> tuple[Any, ...]:
        """What tells tables apart."""
        return self.kind, tuple(self.fields.values())

    def can_convert_from(self, typingctx: Any, other: types.Type) -> Conversion | None:
        """A NamedTuple of the same arrays may be handed over; what is read only need not be so in it."""
        given = other.tuple if isinstance(other, Table) else other
        return Conversion.safe if _serves(given, self.tuple) else None


def holds_table(typed: types.Type) -> bool:
    """Whether a value has an address in it."""
    return isinstance(typed, Table) or any(map(holds_table, getattr(typed, "types", ())))


def _serves(given: types.Type, wanted: types.Type) -> bool:
    """Whether a value lies in memory like what is wanted, and may be written where that may."""
    if isinstance(wanted, types.BaseNamedTuple):
        alike = isinstance(given, types.BaseNamedTuple) and given.instance_class is wanted.instance_class
        return alike and all(_serves(*pair) for pair in zip(given.types, wanted.types, strict=True))
    if isinstance(wanted, types.Array) and isinstance(given, types.Array):
        alike = given.copy(readonly=True) == wanted.copy(readonly=True)
        return bool(alike and (given.mutable or not wanted.mutable))
    return bool(given == wanted)


@register_default(Table)
class _TableModel(models.PrimitiveModel):  # type: ignore[misc]
    """The address of a struct of all fields; a table among them lies in place."""

    def __init__(self, dmm: Any, fe_type: Table) -> None:
        fields = [dmm.lookup(field).get_value_type() for field in fe_type.fields.values()]
        tables = [isinstance(field, Table) for field in fe_type.fields.values()]
        places = [field.pointee if nested else field for field, nested in zip(fields, tables, strict=True)]
        super().__init__(dmm, fe_type, ir.LiteralStructType(places).as_pointer())


@infer_getattr
class _TableAttribute(AttributeTemplate):  # type: ignore[misc]
    key = Table

    def generic_resolve(self, typ: Table, attr: str) -> types.Type | None:
        return typ.fields.get(attr)


@lower_getattr_generic(Table)  # type: ignore[untyped-decorator]
def _field(context: Any, builder: ir.IRBuilder, typ: Table, value: ir.Value, attr: str) -> ir.Value:
    """A field: loaded, or the address of a table."""
    place = cgutils.gep_inbounds(builder, value, 0, list(typ.fields).index(attr))
    field = typ.fields[attr]
    return place if isinstance(field, Table) else impl_ret_borrowed(context, builder, field, _load(builder, place))


@lower_cast(types.NamedTuple, Table)  # type: ignore[untyped-decorator]
@lower_cast(types.NamedUniTuple, Table)  # type: ignore[untyped-decorator]
def _lay_down(context: Any, builder: ir.IRBuilder, fromty: types.Type, toty: Table, value: ir.Value) -> ir.Value:
    """A NamedTuple on the stack, and its address."""
    place = cgutils.alloca_once(builder, context.get_value_type(toty).pointee)
    _store(builder, value, place)
    return _settled(builder, place)


@lower_cast(Table, Table)  # type: ignore[untyped-decorator]
def _same_place(context: Any, builder: ir.IRBuilder, fromty: Table, toty: Table, value: ir.Value) -> ir.Value:
    return value


@unbox(Table)  # type: ignore[untyped-decorator]
def _unbox(typ: Table, obj: ir.Value, c: Any) -> NativeValue:
    """Python's NamedTuple, laid down for as long as the call takes."""
    place = cgutils.alloca_once(c.builder, c.context.get_value_type(typ).pointee)
    failed = cgutils.alloca_once_value(c.builder, cgutils.false_bit)
    native = [_unbox_into(typ, obj, place, failed, c)]

    def cleanup() -> None:
        for field, value in native[0]:
            c.context.nrt.decref(c.builder, field, value)

    return NativeValue(
        _settled(c.builder, place),
        cleanup=cleanup if c.context.enable_nrt else None,
        is_error=c.builder.load(failed),
    )


def _unbox_into(
    typ: Table, obj: ir.Value, place: ir.Value, failed: ir.Value, c: Any
) -> list[tuple[types.Type, ir.Value]]:
    """Unbox each field to its place; those unboxed, for whom counts references to them."""
    unboxed = []
    for number, field in enumerate(typ.fields.values()):
        item = c.pyapi.tuple_getitem(obj, number)
        at = cgutils.gep_inbounds(c.builder, place, 0, number)
        if isinstance(field, Table):
            unboxed += _unbox_into(field, item, at, failed, c)
            continue
        native = c.unbox(field, item)
        with c.builder.if_then(native.is_error, likely=False):
            c.builder.store(cgutils.true_bit, failed)
        _store(c.builder, native.value, at)
        unboxed.append((field, native.value))
    return unboxed


def _parts(typed: ir.Type) -> int:
    """How many parts a struct or an array has; 0 for a word."""
    return len(typed.elements) if isinstance(typed, ir.LiteralStructType) else getattr(typed, "count", 0)


def _load(builder: ir.IRBuilder, place: ir.Value) -> ir.Value:
    """Load word by word: what is not used goes, the rest leaves loops."""
    typed = place.type.pointee
    if not _parts(typed):
        word = builder.load(place)
        word.set_metadata("invariant.load", builder.module.add_metadata([]))
        return word
    whole = ir.Constant(typed, ir.Undefined)
    for part in range(_parts(typed)):
        whole = builder.insert_value(whole, _load(builder, cgutils.gep_inbounds(builder, place, 0, part)), part)
    return whole


def _store(builder: ir.IRBuilder, value: ir.Value, place: ir.Value) -> None:
    if not _parts(value.type):
        builder.store(value, place)
    for part in range(_parts(value.type)):
        _store(builder, builder.extract_value(value, part), cgutils.gep_inbounds(builder, place, 0, part))


def _settled(builder: ir.IRBuilder, place: ir.Value) -> ir.Value:
    """The same address, of which LLVM knows nothing: no load from it moves before the stores that filled it."""
    known = ir.FunctionType(place.type, [place.type])
    return builder.asm(known, "", "=r,0,~{memory}", [place], True)
