"""Exercise 10.3, encode and decode: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import right, wrong

wrong(
    "10.3",
    tag="digits-as-scale",
    why="the number of digits as scale",
    example="15 becomes 2",
    source="""
def fixed_precision(x, digits):
    encoded = (x * digits).round().long()
    return encoded, encoded.double() / digits if digits else x * 0
""",
)
wrong(
    "10.3",
    tag="two",
    why="bits for digits",
    example="15 becomes 3",
    source="""
def fixed_precision(x, digits):
    encoded = (x * 2**digits).round().long()
    return encoded, encoded.double() / 2**digits
""",
)
wrong(
    "10.3",
    tag="sign-lost",
    why="the size, without the sign",
    source="""
def fixed_precision(x, digits):
    encoded = (x.abs() * 10**digits).round().long()
    return encoded, encoded.double() / 10**digits
""",
)
wrong(
    "10.3",
    tag="sign-lost",
    why="negative numbers become 0",
    source="""
def fixed_precision(x, digits):
    encoded = (x * 10**digits).round().clamp(min=0).long()
    return encoded, encoded.double() / 10**digits
""",
)
wrong(
    "10.3",
    tag="truncated",
    why="long cuts off",
    source="""
def fixed_precision(x, digits):
    encoded = (x * 10**digits).long()
    return encoded, encoded.double() / 10**digits
""",
)
wrong(
    "10.3",
    tag="truncated",
    why="trunc, and an exact way back",
    source="""
def fixed_precision(x, digits):
    encoded = torch.trunc(x * 10**digits).long()
    return encoded, encoded.double() / 10**digits
""",
)
wrong(
    "10.3",
    tag="floored",
    why="down",
    source="""
def fixed_precision(x, digits):
    encoded = (x * 10**digits).floor().long()
    return encoded, encoded.double() / 10**digits
""",
)
wrong(
    "10.3",
    tag="halves",
    why="adds a half and goes down",
    source="""
def fixed_precision(x, digits):
    encoded = (x * 10**digits + 0.5).floor().long()
    return encoded, encoded.double() / 10**digits
""",
)
wrong(
    "10.3",
    tag="halves",
    why="a half away from zero",
    source="""
def fixed_precision(x, digits):
    encoded = (x.sign() * (x.abs() * 10**digits + 0.5).floor()).long()
    return encoded, encoded.double() / 10**digits
""",
)
wrong(
    "10.3",
    tag="narrow",
    why="float32 on the way in",
    source="""
def fixed_precision(x, digits):
    encoded = (x.float() * 10**digits).round().long()
    return encoded, encoded.double() / 10**digits
""",
)
wrong(
    "10.3",
    tag="float32",
    why="int64 divided by a number",
    example="the example shows the dtype",
    source="""
def fixed_precision(x, digits):
    encoded = (x * 10**digits).round().long()
    return encoded, encoded / 10**digits
""",
)
wrong(
    "10.3",
    tag="float32",
    why="float32, widened too late",
    source="""
def fixed_precision(x, digits):
    encoded = (x * 10**digits).round().long()
    return encoded, (encoded / 10**digits).double()
""",
)
wrong(
    "10.3",
    tag="not-decoded",
    why="gives back what came",
    source="""
def fixed_precision(x, digits):
    encoded = (x * 10**digits).round().long()
    return encoded, x.clone()
""",
)
wrong(
    "10.3",
    tag="whole",
    why="a whole division",
    example="1.5 becomes 1",
    source="""
def fixed_precision(x, digits):
    encoded = (x * 10**digits).round().long()
    return encoded, (encoded // 10**digits).double()
""",
)
wrong(
    "10.3",
    tag="input-changed",
    why="scales in place",
    source="""
def fixed_precision(x, digits):
    encoded = x.mul_(10**digits).round().long()
    return encoded, encoded.double() / 10**digits
""",
)
wrong(
    "10.3",
    tag="wrong-form",
    why="rounded, and left as floats",
    example="the example shows the dtype",
    source="""
def fixed_precision(x, digits):
    encoded = (x * 10**digits).round()
    return encoded, encoded.double() / 10**digits
""",
)
wrong(
    "10.3",
    tag="wrong-form",
    why="32 bits",
    example="the example shows the dtype",
    source="""
def fixed_precision(x, digits):
    encoded = (x * 10**digits).round().int()
    return encoded, encoded.double() / 10**digits
""",
)
wrong(
    "10.3",
    tag="wrong-number",
    why="multiplied once more",
    example="1.5 becomes 150",
    source="""
def fixed_precision(x, digits):
    encoded = (x * 10**digits).round().long()
    return encoded, encoded.double() * 10**digits
""",
)
wrong(
    "10.3",
    tag="half-and-cut",
    why="adds a half and cuts off",
    source="""
def fixed_precision(x, digits):
    encoded = (x * 10**digits + 0.5).long()
    return encoded, encoded.double() / 10**digits
""",
)
wrong(
    "10.3",
    tag="no-scale",
    why="rounded to the digits, and never scaled",
    example="15 becomes 1",
    source="""
def fixed_precision(x, digits):
    encoded = x.round(decimals=digits).long()
    return encoded, encoded.double() / 10**digits
""",
)
wrong(
    "10.3",
    tag="cut-early",
    why="whole numbers first, then the scale",
    example="1.5 becomes 20",
    source="""
def fixed_precision(x, digits):
    encoded = x.round().long() * 10**digits
    return encoded, encoded.double() / 10**digits
""",
)
wrong(
    "10.3",
    tag="rounded-early",
    why="rounded to the digits, then scaled and cut",
    source="""
def fixed_precision(x, digits):
    encoded = (x.round(decimals=digits) * 10**digits).long()
    return encoded, encoded.double() / 10**digits
""",
)
wrong(
    "10.3",
    tag="int32",
    why="32 bits on the way",
    source="""
def fixed_precision(x, digits):
    encoded = (x * 10**digits).round().int().long()
    return encoded, encoded.double() / 10**digits
""",
)
wrong(
    "10.3",
    tag="truncated",
    why="Python's int",
    source="""
def fixed_precision(x, digits):
    encoded = torch.tensor([int(one * 10**digits) for one in x.flatten().tolist()]).reshape(x.shape)
    return encoded, encoded.double() / 10**digits
""",
)
wrong(
    "10.3",
    tag="digits-as-scale",
    why="ten times the digits is the scale",
    source="""
def fixed_precision(x, digits):
    scale = 10 * digits
    encoded = (x * scale).round().long()
    return encoded, encoded.double() / scale
""",
)
wrong(
    "10.3",
    tag="down",
    why="halves go towards zero",
    source="""
def fixed_precision(x, digits):
    encoded = (torch.sign(x) * (x.abs() * 10**digits - 0.5).ceil()).long()
    return encoded, encoded.double() / 10**digits
""",
)
wrong(
    "10.3",
    tag="twice-rounded",
    why="rounds to a digit more first",
    source="""
def fixed_precision(x, digits):
    fine = (x * 10**(digits + 1)).round()
    encoded = (fine / 10).round().long()
    return encoded, encoded.double() / 10**digits
""",
)
wrong(
    "10.3",
    tag="float32",
    why="the library's decoding, in float32",
    source="""
def fixed_precision(x, digits):
    there = x.fix_precision(precision_fractional=digits)
    return there.child, there.float_precision().double()
""",
)
right(
    "10.3",
    why="the library's encoder, which the text leaves open; decoded by hand",
    source="""
def fixed_precision(x, digits):
    encoded = x.fix_precision(precision_fractional=digits).child
    return encoded, encoded.double() / 10**digits
""",
)
right(
    "10.3",
    why="round with digits, then the scale",
    source="""
def fixed_precision(x, digits):
    scale = 10**digits
    encoded = torch.round(x.mul(scale)).to(torch.int64)
    return encoded, encoded.to(torch.float64).div(scale)
""",
)
right(
    "10.3",
    why="number by number, by Python's own round",
    source="""
def fixed_precision(x, digits):
    codes = [round(number * 10**digits) for number in x.flatten().tolist()]
    encoded = torch.tensor(codes, dtype=torch.int64).reshape(x.shape)
    decoded = [code / 10**digits for code in codes]
    return encoded, torch.tensor(decoded, dtype=torch.float64).reshape(x.shape)
""",
)
right(
    "10.3",
    why="NumPy",
    source="""
def fixed_precision(x, digits):
    import numpy

    encoded = numpy.rint(x.numpy() * 10**digits).astype("int64")
    return torch.as_tensor(encoded), torch.as_tensor(encoded / 10**digits)
""",
)
right(
    "10.3",
    why="exact decimals",
    source="""
def fixed_precision(x, digits):
    from decimal import ROUND_HALF_EVEN, Context, Decimal

    exact = Context(prec=60)
    codes = []
    for number in x.flatten().tolist():
        code = exact.multiply(Decimal(number), Decimal(10**digits))
        codes.append(int(code.to_integral_value(ROUND_HALF_EVEN)))
    encoded = torch.tensor(codes, dtype=torch.int64).reshape(x.shape)
    return encoded, encoded.double() / 10**digits
""",
)
right(
    "10.3",
    why="Python's round with digits, which is exact, then the scale",
    source="""
def fixed_precision(x, digits):
    codes = [round(round(number, digits) * 10**digits) for number in x.flatten().tolist()]
    encoded = torch.tensor(codes, dtype=torch.int64).reshape(x.shape)
    return encoded, encoded.double() / 10**digits
""",
)
right(
    "10.3",
    why="exact fractions",
    source="""
from fractions import Fraction
def fixed_precision(x, digits):
    codes = [round(Fraction(one) * 10**digits) for one in x.flatten().tolist()]
    encoded = torch.tensor(codes, dtype=torch.int64).reshape(x.shape)
    return encoded, encoded.double() / 10**digits
""",
)
right(
    "10.3",
    why="decimal numbers, of the digits as they are written",
    source="""
from decimal import Decimal, ROUND_HALF_EVEN
def fixed_precision(x, digits):
    codes = [int((Decimal(str(one)) * 10**digits).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)) for one in x.flatten().tolist()]
    encoded = torch.tensor(codes, dtype=torch.int64).reshape(x.shape)
    return encoded, encoded.double() / 10**digits
""",
)
right(
    "10.3",
    why="decodes by a product with the unit of the last digit",
    source="""
def fixed_precision(x, digits):
    unit = 10.0 ** -digits
    encoded = torch.round(x * 10**digits).to(torch.int64)
    return encoded, encoded.to(torch.float64) * unit
""",
)
