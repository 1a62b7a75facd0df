"""The field for counts, shares and points.

The database holds whole millionths, because SQLite adds decimals as floats: 25,000 × 0.7 came out as
17500.0000000082.
"""

from decimal import Decimal
from typing import Any

from django.core import exceptions
from django.db import models
from django.db.models import BigIntegerField, Expression, ExpressionWrapper, F
from django.db.models.expressions import Combinable

from submissions.exact import from_decimal, to_decimal


class MillionthsField(models.BigIntegerField):
    """A Decimal of at most six decimals, stored as whole millionths."""

    description = "exact decimal in millionths"
    _pyi_private_set_type: "Decimal | int | str | Combinable"  # type: ignore[assignment]  # for the type checker
    _pyi_private_get_type: "Decimal"  # type: ignore[assignment]

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Decimal | None:
        return None if value is None else to_decimal(int(value))

    def to_python(self, value: Any) -> Decimal | None:
        if value is None or isinstance(value, Decimal):
            return value
        try:
            return to_decimal(from_decimal(value))
        except ValueError as error:
            raise exceptions.ValidationError("请填数字，小数不超过六位。", code="invalid") from error

    def get_prep_value(self, value: Any) -> Any:
        if value is None or isinstance(value, Expression | F):
            return value
        return from_decimal(value)

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.value_from_object(obj))

    def formfield(self, **kwargs: Any) -> Any:
        from django import forms

        return models.Field.formfield(self, form_class=forms.DecimalField, max_digits=18, decimal_places=6, **kwargs)


def whole(name: str) -> ExpressionWrapper:
    """A millionths column as whole millionths, for counting and adding up in ints."""
    return ExpressionWrapper(F(name), output_field=BigIntegerField())
