"""The reviewed table: the only operations that a worker runs, by name.

Reviewed means: somebody checked that the operation returns tensors (never a number, which would be a value), that it
reads no uninitialised memory, that the shape of its result does not depend on values (shapes are public), and that it
touches nothing but its arguments. A name says where torch keeps the function: `add` is a method of torch.Tensor,
`torch.add` a function of torch, `F.relu` one of torch.nn.functional, `linalg.norm` one of torch.linalg, `init.zeros_`
one of torch.nn.init.

What is left out, and why: `item`, `tolist`, `numpy`, `equal`, `allclose` return values; `nonzero`, `masked_select`,
`unique`, `bincount` and masks as an index have shapes that tell values; `empty`, `resize_` show memory; `apply_`,
`register_hook`, `save`, `load` run code or reach files.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F

from course.errors import OperationNotReviewedError

__all__ = ["IN_PLACE", "KEYWORDS", "LEADING", "METHODS", "NAMES", "OPERATIONS", "SAME", "find", "takes_tensor"]

# fmt: off
METHODS = """
abs absolute acos add addbmm addcdiv addcmul addmm addmv addr amax amin aminmax angle any all arccos arcsin arctan
argmax argmin argsort asin atan atan2 baddbmm bernoulli bfloat16 bitwise_and bitwise_not bitwise_or bitwise_xor bmm
bool broadcast_to cdouble ceil cfloat chunk clamp clamp_max clamp_min clip clone conj contiguous copysign cos cosh
cpu cross cuda cummax cummin cumprod cumsum deg2rad detach diag diag_embed diagonal diff digamma dist div divide dot
double eq erf erfc erfinv exp exp2 expand expand_as expm1 fix flatten flip fliplr flipud float floor floor_divide
fmax fmin fmod frac full_like gather ge ger gt greater greater_equal half heaviside hypot index_add index_copy
index_fill index_select inner int inverse isclose isfinite isinf isnan kron kthvalue le lerp less less_equal lgamma
log log10 log1p log2 log_softmax logaddexp logcumsumexp logdet logical_and logical_not logical_or logical_xor logit
logsumexp long lt masked_fill masked_scatter matmul matrix_power max maximum mean median min minimum mm mode
moveaxis movedim mul multiply mv mvlgamma nan_to_num nanmean nanmedian nansum narrow ne neg negative new_full
new_ones new_zeros nextafter norm not_equal outer permute pinverse positive pow prod quantile rad2deg ravel
reciprocal remainder renorm repeat reshape reshape_as roll rot90 round rsqrt scatter scatter_add scatter_reduce
select selu sgn short sigmoid sign signbit sin sinc sinh softmax sort split sqrt square squeeze std sub subtract sum
svd swapaxes t take_along_dim tan tanh tensor_split tile to topk trace transpose tril triu true_divide trunc type_as
unbind unflatten unfold unsqueeze var view view_as vdot where xlogy relu hardshrink add_ addcdiv_ addcmul_ addmm_
addmv_ addr_ baddbmm_ abs_ acos_ asin_ atan_ ceil_ clamp_ clamp_max_ clamp_min_ clip_ copy_ cos_ cosh_ cumsum_
detach_ div_ divide_ eq_ erf_ exp_ expm1_ fill_ fill_diagonal_ floor_ floor_divide_ fmod_ frac_ ge_ gt_ index_add_
index_copy_ index_fill_ le_ lerp_ log_ log10_ log1p_ log2_ logical_not_ lt_ masked_fill_ mul_ multiply_ ne_ neg_
negative_ nan_to_num_ pow_ reciprocal_ remainder_ requires_grad_ round_ rsqrt_ scatter_ scatter_add_ set_ sigmoid_
sign_ sin_ sinh_ sqrt_ square_ squeeze_ sub_ subtract_ t_ tan_ tanh_ transpose_ tril_ triu_ trunc_ unsqueeze_ xlogy_
zero_ relu_ bernoulli_ normal_ uniform_ exponential_ random_ index_put_ backward retain_grad __rsub__ __rtruediv__
__rfloordiv__ __rpow__ __rmod__ __rmatmul__
""".split()

FUNCTIONS = """
abs acos add addbmm addcdiv addcmul addmm addmv addr amax amin argmax argmin argsort arange asin atan atan2
atleast_1d atleast_2d atleast_3d avg_pool1d adaptive_avg_pool1d baddbmm batch_norm bernoulli block_diag bmm
broadcast_tensors broadcast_to bucketize cat cdist ceil celu channel_shuffle chunk clamp clip clone column_stack
complex concat concatenate conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d corrcoef cos cosh
cosine_similarity count_nonzero cov cross cumprod cumsum cumulative_trapezoid detach diag diag_embed diagonal diff
dist div divide dot dropout dstack einsum embedding eq erf erfc exp exp2 expm1 eye flatten flip floor floor_divide
fmod frac full full_like gather ge ger group_norm gru gru_cell gt hstack hypot index_add index_select inner inverse
isfinite isinf isnan kron layer_norm le lerp lgamma linspace log log10 log1p log2 log_softmax logaddexp logical_and
logical_not logical_or logical_xor logsumexp lstm lstm_cell lt masked_fill matmul max maximum mean median min
minimum mm movedim mul multiply multinomial mv nan_to_num narrow ne neg norm normal ones ones_like outer
pairwise_distance permute pixel_shuffle polar pow prelu prod quantile rand rand_like randint randint_like randn
randn_like randperm ravel real imag reciprocal relu remainder reshape rms_norm rnn_relu rnn_relu_cell rnn_tanh
rnn_tanh_cell roll round rrelu rsqrt scatter scatter_add searchsorted select selu sgn sigmoid sign sin sinh softmax
sort split sqrt square squeeze stack std std_mean sub subtract sum swapaxes t take_along_dim tan tanh tensordot tile
topk trace transpose trapezoid tril triu true_divide trunc unbind unsqueeze var var_mean view_as_complex
view_as_real vstack xlogy zeros zeros_like
""".split()

FUNCTIONAL = """
adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d alpha_dropout
avg_pool1d avg_pool2d avg_pool3d batch_norm bilinear binary_cross_entropy binary_cross_entropy_with_logits celu
conv1d conv2d conv3d conv_transpose1d conv_transpose2d cosine_embedding_loss cosine_similarity cross_entropy
ctc_loss dropout dropout1d dropout2d dropout3d elu elu_ embedding embedding_bag feature_alpha_dropout fold
gaussian_nll_loss gelu glu group_norm gumbel_softmax hardshrink hardsigmoid hardswish hardtanh hinge_embedding_loss
huber_loss instance_norm interpolate kl_div l1_loss layer_norm leaky_relu leaky_relu_ linear local_response_norm
log_softmax logsigmoid lp_pool1d lp_pool2d margin_ranking_loss max_pool1d max_pool2d max_pool3d
max_pool2d_with_indices mish mse_loss multi_head_attention_forward multi_margin_loss multilabel_margin_loss
multilabel_soft_margin_loss nll_loss normalize pad pairwise_distance pixel_shuffle pixel_unshuffle poisson_nll_loss
prelu relu relu6 relu_ rms_norm rrelu scaled_dot_product_attention selu sigmoid silu smooth_l1_loss soft_margin_loss
softmax softmin softplus softshrink softsign tanh tanhshrink threshold triplet_margin_loss
triplet_margin_with_distance_loss unfold upsample
""".split()

LINALG = """
cholesky cross det diagonal eigh inv lstsq matmul matrix_norm matrix_power multi_dot norm pinv qr slogdet solve svd
vecdot vector_norm
""".split()

INIT = """
constant_ kaiming_normal_ kaiming_uniform_ normal_ ones_ trunc_normal_ uniform_ xavier_normal_ xavier_uniform_
zeros_
""".split()
# fmt: on


# Where tensors may stand among the arguments: in the first place, unless this table says otherwise (in base 36).
# A number elsewhere is a size, a dimension or a count, and torch would take a one-element tensor for it: then the shape
# of the result, which is public, would tell the value.
PLACES_OF_TENSORS = {
    "": """
        torch.arange torch.eye torch.linspace torch.ones torch.rand torch.randint torch.randn torch.randperm
        torch.zeros
    """,
    "1": "torch.full",
    "01": """
        add addmv addr arccos atan2 bitwise_and bitwise_or bitwise_xor bmm copysign cross dist div divide dot eq
        expand_as floor_divide fmax fmin fmod ge ger greater greater_equal gt heaviside hypot inner isclose kron le
        less less_equal logaddexp logical_and logical_or logical_xor lt matmul max maximum min minimum mm mul
        multiply mv ne nextafter not_equal outer pow remainder reshape_as sub subtract true_divide type_as vdot
        view_as xlogy __rsub__ __rtruediv__ __rfloordiv__ __rpow__ __rmod__ __rmatmul__ add_ addr_ copy_ div_
        divide_ eq_ floor_divide_ fmod_ ge_ gt_ le_ lt_ mul_ multiply_ ne_ pow_ remainder_ set_ sub_ subtract_
        xlogy_ fill_ backward [] full_like take_along_dim bernoulli bernoulli_ torch.add torch.atan2 torch.bmm
        torch.bucketize torch.cdist torch.complex torch.cosine_similarity torch.cross torch.dist torch.div
        torch.divide torch.dot torch.embedding torch.eq torch.floor_divide torch.fmod torch.full_like torch.ge
        torch.gt torch.hypot torch.inner torch.isclose torch.kron torch.le torch.logaddexp torch.logical_and
        torch.logical_or torch.logical_xor torch.lt torch.matmul torch.max torch.maximum torch.min torch.minimum
        torch.mm torch.mul torch.multiply torch.mv torch.ne torch.normal torch.outer torch.pairwise_distance
        torch.polar torch.pow torch.prelu torch.remainder torch.searchsorted torch.sub torch.subtract
        torch.take_along_dim torch.tensordot torch.true_divide torch.trapezoid torch.cumulative_trapezoid
        torch.xlogy F.embedding F.cosine_similarity F.pairwise_distance F.prelu F.soft_margin_loss
        F.multilabel_margin_loss F.l1_loss F.hinge_embedding_loss F.kl_div F.poisson_nll_loss F.rms_norm
        torch.rms_norm linalg.cross linalg.lstsq linalg.matmul linalg.solve linalg.vecdot
    """,
    "012": """
        addcdiv addcmul addmm addbmm baddbmm clamp clip lerp masked_fill masked_scatter where addcdiv_ addcmul_
        addmm_ addmv_ baddbmm_ clamp_ clip_ lerp_ masked_fill_ []= index_put_ addmv torch.addbmm torch.addcdiv
        torch.addcmul torch.addmm torch.addmv torch.addr torch.baddbmm torch.clamp torch.clip torch.conv1d
        torch.conv2d torch.conv3d torch.conv_transpose1d torch.conv_transpose2d torch.conv_transpose3d torch.lerp
        torch.masked_fill torch.where autograd.backward autograd.grad F.linear F.conv1d F.conv2d F.conv3d
        F.conv_transpose1d F.conv_transpose2d F.binary_cross_entropy F.binary_cross_entropy_with_logits
        F.cross_entropy F.nll_loss F.mse_loss F.huber_loss F.smooth_l1_loss F.cosine_embedding_loss
        F.gaussian_nll_loss F.margin_ranking_loss F.multi_margin_loss F.multilabel_soft_margin_loss
        F.triplet_margin_loss F.triplet_margin_with_distance_loss F.embedding_bag
    """,
    "02": "gather index_select torch.gather torch.index_select new_full",
    "023": """
        index_add index_copy index_fill scatter scatter_add scatter_reduce index_add_ index_copy_ index_fill_
        scatter_ scatter_add_ torch.index_add torch.scatter torch.scatter_add F.layer_norm torch.layer_norm
        F.group_norm torch.group_norm
    """,
    "0123": """
        F.bilinear F.ctc_loss F.scaled_dot_product_attention torch.lstm torch.gru torch.rnn_tanh torch.rnn_relu
    """,
    "01234": "F.batch_norm torch.batch_norm F.instance_norm",
    "012345": "torch.lstm_cell torch.gru_cell torch.rnn_tanh_cell torch.rnn_relu_cell",
    "0123456789": """
        torch.einsum torch.block_diag torch.broadcast_tensors torch.atleast_1d torch.atleast_2d torch.atleast_3d
    """,
    "0125678bc": "F.multi_head_attention_forward",
}  # fmt: skip
TENSORS_AT = {
    name: frozenset(int(place, 36) for place in places)
    for places, names in PLACES_OF_TENSORS.items()
    for name in names.split()
}
FIRST = frozenset({0})

# The keywords under which tensors may stand; any other keyword wants a plain number.
KEYWORDS = frozenset(
    """
    alpha anchor attn_mask batch1 batch2 beta bias bias_k bias_v dx end grad_outputs grad_tensors gradient hx
    in_proj_bias in_proj_weight index indices input input1 input2 inputs k_proj_weight key key_padding_mask mask
    mat1 mat2 max min negative offsets other out out_proj_bias out_proj_weight outputs per_sample_weights pos_weight
    positive q_proj_weight query running_mean running_var source src static_k static_v target tensor tensor1 tensor2
    tensors v_proj_weight value values var vec vec1 vec2 weight x x1 x2
    """.split()
)


def index(x: torch.Tensor, key: Any) -> torch.Tensor:
    """x[key]. A mask as a key is refused: the length of the result would tell how many values it let through."""
    for part in key if isinstance(key, (tuple, list)) else (key,):
        if isinstance(part, torch.Tensor) and part.dtype in (torch.bool, torch.uint8):
            raise OperationNotReviewedError(
                "x[mask]", "the length of the result would tell how many values the mask let through; x * mask keeps it"
            )
        if isinstance(part, slice) and any(isinstance(e, torch.Tensor) for e in (part.start, part.stop, part.step)):
            raise OperationNotReviewedError("x[:n] with a tensor n", "the length of the result would tell its value")
    return x[key]


def assign_index(x: torch.Tensor, key: Any, value: Any) -> None:
    """x[key] = value; the shape of x stays, so a mask is welcome."""
    x[key] = value


def copy_of(x: torch.Tensor) -> torch.Tensor:
    """A leaf of its own with the values of x, as a copy of a model needs it."""
    return x.detach().clone().requires_grad_(x.requires_grad)


def one_hot(x: torch.Tensor, num_classes: int = -1) -> torch.Tensor:
    """F.one_hot with the number of classes given: counting them would tell the largest value."""
    if num_classes < 1:
        raise OperationNotReviewedError("F.one_hot", "without num_classes its shape would tell the largest value")
    return F.one_hot(x, num_classes)


def where(condition: torch.Tensor, input: Any = None, other: Any = None) -> torch.Tensor:
    """torch.where with both branches given: with the condition alone it is nonzero."""
    if input is None or other is None:
        raise OperationNotReviewedError("torch.where(condition)", "the shape of its result would tell values")
    return torch.where(condition, input, other)


OWN: dict[str, Callable[..., Any]] = {
    "[]": index,
    "[]=": assign_index,
    "copy": copy_of,
    "F.one_hot": one_hot,
    "torch.where": where,
    "autograd.backward": torch.autograd.backward,
    "autograd.grad": torch.autograd.grad,
}

# Python writes some operations in more than one way; on the wire they have one name.
SAME = {
    "__add__": "add", "__radd__": "add", "__iadd__": "add_", "__sub__": "sub", "__isub__": "sub_", "__mul__": "mul",
    "__rmul__": "mul", "__imul__": "mul_", "__truediv__": "div", "__div__": "div", "__itruediv__": "div_",
    "__idiv__": "div_", "__floordiv__": "floor_divide", "__ifloordiv__": "floor_divide_", "__mod__": "remainder",
    "__imod__": "remainder_", "__pow__": "pow", "__ipow__": "pow_", "__matmul__": "matmul", "__neg__": "neg",
    "__pos__": "positive", "__abs__": "abs", "__invert__": "bitwise_not", "__and__": "bitwise_and",
    "__or__": "bitwise_or",
    "__xor__": "bitwise_xor", "__eq__": "eq", "__ne__": "ne", "__lt__": "lt", "__le__": "le", "__gt__": "gt",
    "__ge__": "ge", "__getitem__": "[]", "__setitem__": "[]=",
}  # fmt: skip

PLACES: list[tuple[str, Any, list[str]]] = [
    ("", torch.Tensor, METHODS),
    ("torch.", torch, FUNCTIONS),
    ("F.", F, FUNCTIONAL),
    ("linalg.", torch.linalg, LINALG),
    ("init.", torch.nn.init, INIT),
]


def _table() -> tuple[dict[str, Callable[..., Any]], dict[Any, str]]:
    """name -> function for workers, function -> name for pointers. A torch too old for a name goes without it."""
    operations = dict(OWN)
    names: dict[Any, str] = {
        torch.autograd.backward: "autograd.backward",
        torch.autograd.grad: "autograd.grad",
        F.one_hot: "F.one_hot",
        torch.where: "torch.where",  # the method of that name takes its arguments in another order
    }
    for prefix, place, listed in PLACES:
        for name in listed:
            function = getattr(place, name, None)
            if function is not None:
                operations[prefix + name] = function
                names.setdefault(function, prefix + name)
    for dunder, name in SAME.items():
        names.setdefault(getattr(torch.Tensor, dunder, dunder), name)
    return operations, names


OPERATIONS, NAMES = _table()

# These change their first operand and return it.
IN_PLACE = frozenset(name for name in OPERATIONS if name[-1] == "_" and name[-2] != "_")


def leading(name: str) -> int:
    """In how many places from the first on an operation takes tensors."""
    places = TENSORS_AT.get(name, FIRST)
    return next(n for n in range(37) if n not in places)


def takes_tensor(name: str, place: int) -> bool:
    """Whether a tensor may stand in this place among the arguments, counted from 0."""
    return place in TENSORS_AT.get(name, FIRST)


LEADING = {name: leading(name) for name in OPERATIONS}


def find(name: str) -> Callable[..., Any]:
    """The function of that name. OperationNotReviewedError for any other name."""
    try:
        return OPERATIONS[name]
    except KeyError:
        raise OperationNotReviewedError(name, "") from None
