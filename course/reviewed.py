"""The reviewed table: which operations of torch a worker runs, what each may tell, and why others are refused.

Reviewed means: somebody checked that the operation returns tensors (never a number, which would be a value), that the
shape of its result does not depend on values (shapes are public), that it shows no memory but that of its arguments,
and that it touches nothing else. A worker runs nothing that does not stand here.

A name stands for all forms that torch has of it: `relu` for `torch.relu(x)`, `x.relu()`, `x.relu_()`, `torch.relu_(x)`.
`F.` is torch.nn.functional; `linalg.`, `fft.`, `special.` and `init.` are torch's packages of that name.

The letters say what may stand in each place among the arguments: T a tensor, . and whatever follows only plain numbers;
`T*` takes tensors in every place. A plain number is a size, a dimension or a count there. torch would take a tensor of
one number for it, and then the shape of the result, which is public, would tell the value. Words behind the letters are
keywords under which this operation takes tensors, besides those in KEYWORDS.
"""

from __future__ import annotations

__all__ = [
    "CLASSES",
    "DRAWS",
    "FILES",
    "FITS",
    "KEYWORDS",
    "MASK",
    "NOTHING",
    "NUMBER",
    "PRIVATE",
    "REACH",
    "REFUSED",
    "REVIEWED",
    "SIZES",
    "TELLS",
]

NOTHING = "nothing but its result, which stays with the worker"
FITS = (
    "by an error, that a value does not fit: an index beyond the end, a label without a class, a singular matrix, a "
    "whole number divided by zero"
)
FILES = "what its owner has put there: which files, with how many rows and columns"

# fmt: off
REVIEWED: list[tuple[str, str, str]] = [

    # ---- each number for itself -------------------------------------------------------------------------------
    (NOTHING, "T", """
        abs absolute acos acosh angle arccos arccosh arcsin arcsinh arctan arctanh asin asinh atan atanh bfloat16
        bitwise_not bool byte cdouble ceil celu cfloat chalf char conj conj_physical cos cosh deg2rad digamma double
        erf erfc erfinv exp exp2 expm1 fix float floor frac frexp half hardshrink i0 imag int isfinite isinf isnan
        isneginf isposinf isreal lgamma log log10 log1p log2 logical_not logit long mvlgamma nan_to_num neg negative
        positive rad2deg real reciprocal relu resolve_conj resolve_neg round rsqrt selu sgn short sigmoid sign signbit
        sin sinc sinh sqrt square tan tanh threshold trunc view_as_complex view_as_real
        F.celu F.celu_ F.elu F.elu_ F.gelu F.glu F.hardshrink F.hardsigmoid F.hardswish F.hardtanh F.hardtanh_
        F.leaky_relu F.leaky_relu_ F.logsigmoid F.mish F.relu F.relu6 F.relu_ F.selu F.selu_ F.sigmoid F.silu
        F.softplus F.softshrink F.softsign F.tanh F.tanhshrink F.threshold F.threshold_
        special.airy_ai special.bessel_j0 special.bessel_j1 special.bessel_y0 special.bessel_y1 special.digamma
        special.entr special.erf special.erfc special.erfcx special.erfinv special.exp2 special.expit special.expm1
        special.gammaln special.i0 special.i0e special.i1 special.i1e special.log1p special.log_ndtr special.logit
        special.modified_bessel_i0 special.modified_bessel_i1 special.modified_bessel_k0 special.modified_bessel_k1
        special.multigammaln special.ndtr special.ndtri special.psi special.round special.scaled_modified_bessel_k0
        special.scaled_modified_bessel_k1 special.sinc special.spherical_bessel_j0
    """),
    (NOTHING, "TTT", """
        add arctan2 atan2 bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor clamp clamp_max
        clamp_min clip complex copysign eq float_power fmax fmin gcd ge greater
        greater_equal gt heaviside hypot igamma igammac isclose lcm ldexp le less less_equal logaddexp logaddexp2
        logical_and logical_or logical_xor lt masked_fill maximum minimum mul multiply ne nextafter not_equal polar
        pow rsub sub subtract true_divide where xlogy
        F.prelu prelu
        special.chebyshev_polynomial_t special.chebyshev_polynomial_u special.chebyshev_polynomial_v
        special.chebyshev_polynomial_w special.gammainc special.gammaincc special.hermite_polynomial_h
        special.hermite_polynomial_he special.laguerre_polynomial_l special.legendre_polynomial_p
        special.shifted_chebyshev_polynomial_t special.shifted_chebyshev_polynomial_u
        special.shifted_chebyshev_polynomial_v special.shifted_chebyshev_polynomial_w special.xlog1py special.xlogy
        special.zeta
        __iand__ __ilshift__ __ior__ __irshift__ __ixor__ __lshift__ __rand__ __rfloordiv__ __rlshift__ __rmatmul__
        __ror__ __rpow__ __rrshift__ __rshift__ __rsub__ __rtruediv__ __rxor__
    """),
    (NOTHING, "TTTT end", "addcdiv addcmul lerp"),
    (FITS, "TTT", "div divide floor_divide fmod remainder __rmod__"),
    (NOTHING, "TT", "polygamma special.polygamma"),

    # ---- many numbers to few ----------------------------------------------------------------------------------
    (NOTHING, "T", """
        all amax amin aminmax any argmax argmin argsort count_nonzero cummax cummin cumprod cumsum frobenius_norm
        hash_tensor histc kthvalue logcumsumexp log_softmax logsumexp mean median mode msort nanmean nanmedian nansum
        norm_except_dim pdist prod renorm softmax sort std std_mean sum sum_to_size topk trace var
        var_mean
        F.adaptive_avg_pool1d F.adaptive_avg_pool2d F.adaptive_avg_pool3d F.adaptive_max_pool1d
        F.adaptive_max_pool1d_with_indices F.adaptive_max_pool2d F.adaptive_max_pool2d_with_indices
        F.adaptive_max_pool3d F.adaptive_max_pool3d_with_indices F.avg_pool1d F.avg_pool2d F.avg_pool3d
        F.gumbel_softmax F.local_response_norm F.log_softmax F.lp_pool1d F.lp_pool2d F.lp_pool3d F.max_pool1d
        F.max_pool1d_with_indices F.max_pool2d F.max_pool2d_with_indices F.max_pool3d F.max_pool3d_with_indices
        F.pdist F.softmax F.softmin
        corrcoef adaptive_avg_pool1d adaptive_max_pool1d avg_pool1d max_pool1d max_pool1d_with_indices max_pool2d
        max_pool3d
        special.log_softmax special.logsumexp special.softmax
    """),
    (NOTHING, "TT", """
        cumulative_trapezoid dist isin max min nanquantile quantile trapezoid trapz
        F.cosine_similarity F.pairwise_distance cosine_similarity pairwise_distance
    """),
    (FITS, "T", "cov norm nuclear_norm F.normalize linalg.cond linalg.matrix_norm linalg.norm"),
    (NOTHING, "TT", "bucketize searchsorted"),
    (NOTHING, "T..TT prepend append", "diff"),

    # ---- another shape, another order -------------------------------------------------------------------------
    (NOTHING, "T", """
        adjoint alias_copy broadcast_to cat channel_shuffle chunk clone column_stack combinations concat concatenate
        constant_pad_nd contiguous cpu cuda detach detach_copy diag diag_embed diagflat diagonal diagonal_copy dsplit
        dstack expand expand_copy flatten flip fliplr flipud hsplit hstack moveaxis movedim native_channel_shuffle
        nonzero_static permute permute_copy pixel_shuffle pixel_unshuffle ravel repeat requires_grad_ reshape
        retain_grad roll rot90 row_stack select_copy slice_copy split split_copy split_with_sizes
        split_with_sizes_copy squeeze squeeze_copy stack swapaxes swapdims t t_copy tensor_split tile to_dense transpose
        transpose_copy tril triu unbind unbind_copy unflatten unfold unfold_copy unravel_index unsafe_chunk
        unsafe_split unsafe_split_with_sizes unsqueeze unsqueeze_copy view view_copy view_as_complex_copy
        view_as_real_copy vsplit vstack
        F.channel_shuffle F.fold F.interpolate F.native_channel_shuffle F.pixel_shuffle F.pixel_unshuffle F.unfold
        F.upsample F.upsample_bilinear F.upsample_nearest
    """),
    (NOTHING, "T*", "atleast_1d atleast_2d atleast_3d block_diag broadcast_tensors cartesian_prod meshgrid"),
    (NOTHING, "TT", """
        as_strided_scatter copy_ diagonal_scatter expand_as fill reshape_as select_scatter slice_inverse slice_scatter
        to type_as view_as
    """),
    (NOTHING, "T..T", "F.pad"),
    (NOTHING, "T", """
        F.affine_grid affine_grid_generator fill_diagonal_ new_ones new_tensor new_zeros ones_like zero_ zeros_like
    """),
    (NOTHING, "TT fill_value", "full_like"),
    (NOTHING, "T.T fill_value", "new_full"),

    # ---- products and layers ----------------------------------------------------------------------------------
    (NOTHING, "TT", """
        bmm cdist cross dot ger inner kron matmul mm mv outer tensordot vdot
        F.grid_sample grid_sampler grid_sampler_2d grid_sampler_3d
        linalg.cross linalg.matmul linalg.vecdot
    """),
    (NOTHING, "T*", "chain_matmul einsum"),
    (NOTHING, "TTT", """
        conv1d conv2d conv3d conv_tbc conv_transpose1d conv_transpose2d conv_transpose3d
        F.conv1d F.conv2d F.conv3d F.conv_tbc F.conv_transpose1d F.conv_transpose2d F.conv_transpose3d F.linear
    """),
    (NOTHING, "TTTT", """
        addbmm addmm addmv addr baddbmm bilinear gru lstm rnn_relu rnn_tanh
        F.bilinear F.scaled_dot_product_attention
    """),
    (NOTHING, "TTTTTT", "gru_cell lstm_cell rnn_relu_cell rnn_tanh_cell"),
    (NOTHING, "TTTTT", "F.batch_norm F.instance_norm batch_norm instance_norm"),
    (NOTHING, "T.TT", "F.group_norm F.layer_norm group_norm layer_norm native_layer_norm"),
    (NOTHING, "T.T", "F.rms_norm rms_norm"),
    (NOTHING, "TTT..TTTT..TT.T.T.TTTTT", "F.multi_head_attention_forward"),
    (NOTHING, "TT", "_weight_norm"),
    (NOTHING, "T", "linalg.multi_dot"),

    # ---- losses -----------------------------------------------------------------------------------------------
    (NOTHING, "TT", """
        F.hinge_embedding_loss F.huber_loss F.kl_div F.l1_loss F.mse_loss F.poisson_nll_loss F.smooth_l1_loss
        F.soft_margin_loss
        hinge_embedding_loss kl_div poisson_nll_loss
    """),
    (NOTHING, "TTT", """
        F.cosine_embedding_loss F.margin_ranking_loss F.multilabel_soft_margin_loss F.triplet_margin_loss
        F.triplet_margin_with_distance_loss
        cosine_embedding_loss margin_ranking_loss triplet_margin_loss
    """),
    (NOTHING, "TTT...T", "F.binary_cross_entropy_with_logits"),
    (NOTHING, "TTTT", "binary_cross_entropy_with_logits"),
    (FITS, "TTT", "F.binary_cross_entropy F.cross_entropy F.gaussian_nll_loss F.nll_loss"),
    (FITS, "TT", "F.multilabel_margin_loss"),
    (FITS, "TT..T", "F.multi_margin_loss"),
    (FITS, "TTTT", "F.ctc_loss"),
    (FITS, "TTT linear_weight linear_bias", "F.linear_cross_entropy"),

    # ---- a part of a tensor, written down in Python as x[...] and the like: see course/operations.py ----------
    (FITS, "TTT", "[] []="),
    (NOTHING, "T", "copy as_strided as_strided_ as_strided_copy new rnn.pad_sequence"),
    (NOTHING, "TT repeats", "repeat_each"),
    (FITS, "T", "F.one_hot"),
    (NOTHING, "TT", "set_"),
    (NOTHING, "T", "type"),

    # ---- by index ---------------------------------------------------------------------------------------------
    (FITS, "T.T", "gather index_select narrow narrow_copy select"),
    (FITS, "TT indices", """
        F.embedding F.max_unpool1d F.max_unpool2d F.max_unpool3d embedding take take_along_dim
    """),
    (FITS, "TTT indices source", "embedding_bag index_put masked_scatter put F.embedding_bag"),
    (FITS, "T.TT source", "index_add index_copy index_fill index_reduce scatter scatter_add scatter_reduce"),

    # ---- linear algebra ---------------------------------------------------------------------------------------
    (NOTHING, "T", """
        det logdet matrix_exp qr slogdet
        linalg.cholesky_ex linalg.det linalg.diagonal linalg.inv_ex linalg.ldl_factor_ex
        linalg.lu_factor_ex linalg.matrix_exp linalg.qr linalg.slogdet
        linalg.vander linalg.vector_norm geqrf
    """),
    (NOTHING, "TT", "linalg.householder_product linalg.solve_ex orgqr"),
    (NOTHING, "TTT", "ormqr"),
    (FITS, "TTT", "lu_unpack"),
    (FITS, "T", """
        cholesky cholesky_inverse inverse lu matrix_power pinverse svd
        linalg.cholesky linalg.eig linalg.eigh linalg.eigvals linalg.eigvalsh linalg.inv linalg.ldl_factor linalg.lu
        linalg.lu_factor linalg.matrix_power linalg.svd linalg.svdvals linalg.tensorinv
    """),
    (FITS, "T M", "pca_lowrank svd_lowrank"),
    (FITS, "TT", """
        cholesky_solve triangular_solve
        linalg.lstsq linalg.solve linalg.solve_triangular linalg.tensorsolve
    """),

    (FITS, "TTT atol rtol tol rcond", "linalg.matrix_rank linalg.pinv"),

    # ---- waves ------------------------------------------------------------------------------------------------
    (NOTHING, "T", """
        fft.fft fft.fft2 fft.fftn fft.fftshift fft.hfft fft.hfft2 fft.hfftn fft.ifft fft.ifft2 fft.ifftn
        fft.ifftshift fft.ihfft fft.ihfft2 fft.ihfftn fft.irfft fft.irfft2 fft.irfftn fft.rfft fft.rfft2 fft.rfftn
    """),
    (NOTHING, "T spacing", "gradient"),
    (NOTHING, "T...T window", "stft"),
    (FITS, "T...T window", "istft"),
    (FITS, "TT", "histogram"),
    (FITS, "T..T", "histogramdd"),

    # ---- random numbers, drawn where the tensor is ------------------------------------------------------------
    (NOTHING, "T", """
        alpha_dropout cauchy_ dropout exponential_ feature_alpha_dropout feature_dropout geometric_ log_normal_
        native_dropout rand_like randn_like random_ rrelu uniform_
        F.alpha_dropout F.dropout F.dropout1d F.dropout2d F.dropout3d F.feature_alpha_dropout F.rrelu F.rrelu_
    """),
    (NOTHING, "T _random_samples", """
        F.fractional_max_pool2d F.fractional_max_pool2d_with_indices F.fractional_max_pool3d
        F.fractional_max_pool3d_with_indices
    """),
    (NOTHING, "TTT", "randint_like"),
    (FITS, "TT", "bernoulli binomial normal"),
    (FITS, "T", "multinomial poisson"),

    # ---- made there: no tensor may stand among these sizes ----------------------------------------------------
    (NOTHING, ".", """
        arange bartlett_window blackman_window eye hamming_window hann_window kaiser_window ones rand
        randint randn randperm scalar_tensor tril_indices triu_indices zeros fft.fftfreq fft.rfftfreq
    """),
    (NOTHING, ".T fill_value", "full"),
    (FITS, "TT start end", "linspace logspace"),
    (NOTHING, "T", """
        init.constant_ init.eye_ init.dirac_ init.kaiming_normal_ init.kaiming_uniform_ init.normal_ init.ones_
        init.orthogonal_ init.sparse_ init.trunc_normal_ init.uniform_ init.xavier_normal_ init.xavier_uniform_
        init.zeros_
    """),
    (NOTHING, "TTT", "autograd.backward autograd.grad"),

    # ---- read there, from the folder that the worker's owner has opened (course/readers.py) -------------------
    (FILES, ".", "file.array file.table"),

    # ---- changed there ----------------------------------------------------------------------------------------
    (NOTHING, "TT", "backward"),

    # ---- lists of tensors at once, as optimizers with foreach=True ask for them -------------------------------
    (NOTHING, "TTTT", """
        _foreach_abs _foreach_acos _foreach_add _foreach_addcdiv _foreach_addcmul _foreach_asin _foreach_atan
        _foreach_ceil _foreach_clamp_max _foreach_clamp_min _foreach_copy_ _foreach_cos _foreach_cosh _foreach_div
        _foreach_erf _foreach_erfc _foreach_exp _foreach_expm1 _foreach_floor _foreach_frac _foreach_lerp
        _foreach_lgamma _foreach_log _foreach_log10 _foreach_log1p _foreach_log2 _foreach_max _foreach_maximum
        _foreach_minimum _foreach_mul _foreach_neg _foreach_norm _foreach_pow _foreach_reciprocal _foreach_round
        _foreach_rsqrt _foreach_sigmoid _foreach_sign _foreach_sin _foreach_sinh _foreach_sqrt _foreach_sub
        _foreach_tan _foreach_tanh _foreach_trunc _foreach_zero_
    """),
]
# fmt: on

# ---- which draw random numbers -----------------------------------------------------------------------------------

# These, and no others, may draw from torch's generator: for them it has to be in the same state here and there.
DRAWS = frozenset(
    """
    alpha_dropout bernoulli binomial cauchy_ dropout exponential_ feature_alpha_dropout feature_dropout geometric_ gru
    log_normal_ lstm multinomial native_dropout normal pca_lowrank poisson rand rand_like randint randint_like randn
    randn_like random_ randperm rnn_relu rnn_tanh rrelu svd_lowrank uniform_
    F.alpha_dropout F.dropout F.dropout1d F.dropout2d F.dropout3d F.feature_alpha_dropout F.fractional_max_pool2d
    F.fractional_max_pool2d_with_indices F.fractional_max_pool3d F.fractional_max_pool3d_with_indices F.gumbel_softmax
    F.multi_head_attention_forward F.rrelu F.rrelu_ F.scaled_dot_product_attention
    init.kaiming_normal_ init.kaiming_uniform_ init.normal_ init.orthogonal_ init.sparse_ init.trunc_normal_
    init.uniform_ init.xavier_normal_ init.xavier_uniform_
    """.split()
)

# The keywords under which tensors may stand; any other keyword wants a plain number.
KEYWORDS = frozenset(
    """
    alpha anchor attn_mask aweights batch1 batch2 beta bias bias_k bias_v boundaries dx fweights grad_outputs
    grad_tensors gradient grid hx in_proj_bias in_proj_weight index input input1 input2 input_lengths inputs
    k_proj_weight key key_padding_mask mask mat1 mat2 max mean min negative offsets other out out_proj_bias
    out_proj_weight outputs per_sample_weights pos_weight positive q_proj_weight query running_mean running_var
    sorted_sequence sorter src static_k static_v std target target_lengths tau tensor tensor1 tensor2 tensors
    v_proj_weight value values var vec vec1 vec2 weight x x1 x2
    """.split()
)

# ---- why others are refused -------------------------------------------------------------------------------------

SIZES = "a size, a dimension or a count must be a plain number, for the shape of the result would tell its value"
MASK = "the length of the result would tell how many values the mask let through; x * mask keeps it"
CLASSES = "without num_classes the shape of the result would tell the largest value"
REACH = "these sizes and strides reach beyond the tensor, into memory that is not its own"
PRIVATE = "it is a private function of torch, without the checks of its public form; use that one"
LENGTH = "the length of its result, which is public, would tell {}"
NUMBER = "its result is a plain number or truth value here, and that is a value"
MEMORY = "it shows memory that nobody has cleared, in which somebody's numbers may stand; {}"
BEYOND = "it reads memory wherever its numbers point, beyond the tensor too; {}"
CODE = "it runs code that comes with the call, and a worker runs only what stands in its own table; {}"
OUTSIDE = "it reads or writes what is outside the worker's store: a file, or memory of the process"
DENSE = "only dense tensors have a form in a message, and the number of entries of another kind would tell values"
PROCESS = "it is about the whole process, not about a tensor: its generator, its threads, its defaults"
UNASKED = "it is not among what is public here: shape, stride, dtype, device, layout, requires_grad, is_leaf"
INNER = "it is an inner step of torch, without the checks of its public form; {}"

REFUSED: list[tuple[str, str]] = [
    (LENGTH.format("how many values it found; torch.where(mask, x, 0) or x * mask keeps the length"),
     "argwhere masked_select nonzero nonzero_numpy"),
    (LENGTH.format("how many different values there are"), "unique unique_consecutive unique_dim"),
    (LENGTH.format("the largest value; torch.histc(x, bins, min, max) has the length that you choose"), "bincount"),
    (LENGTH.format("the sum of the repeats; x.repeat_interleave(n) with a plain number n runs"), "repeat_interleave"),
    (LENGTH.format("the lengths of the sequences; pad them, run the layer on the padded batch, and multiply what comes "
                   "out with a mask"), "pack_padded_sequence pad_packed_sequence"),
    (LENGTH.format("how many different rows were looked up, and its numbers which; nn.Embedding(sparse=False) with "
                   "optim.Adam, or optim.SGD with either, tells nothing"), "coalesce indices values nnz"),
    (NUMBER, """
        allclose array_equal equal is_all_true is_any_true is_nonzero item numpy sym_float sym_int sym_ite sym_max
        sym_min sym_not sym_sum tolist
    """),
    (MEMORY.format("torch.zeros, zeros_like and new_zeros give a clean one; a model's to_empty or spectral_norm comes "
                   "before its send"),
     "empty empty_like empty_permuted empty_quantized empty_strided new_empty new_empty_strided"),
    (MEMORY.format("x.reshape(...) keeps what is there, F.pad(x, ...) makes it longer"),
     "resize resize_as resize_as_sparse resize_output sparse_resize sparse_resize_and_clear"),
    (BEYOND.format("torch.linalg.solve solves the same equations"), "ldl_solve lu_solve"),
    (BEYOND.format("F.ctc_loss checks them first"), "ctc_loss"),
    (BEYOND.format("the tensor itself is what its pointer reaches"),
     "const_data_ptr data_ptr storage typed_storage untyped_storage storage_offset"),
    (CODE.format("write it with torch's own functions"), """
        apply compile cond map map2 register_hook register_post_accumulate_grad_hook vmap while_loop
        jiterator_2inputs_2outputs jiterator_4inputs_with_extra_args jiterator_binary jiterator_binary_return_by_ref
        jiterator_unary module_load setstate reduce_ex
    """),
    (OUTSIDE, """
        asarray from_dlpack from_file from_numpy frombuffer load pin_memory record_stream save share_memory to_dlpack
    """),
    (DENSE, """
        ccol_indices col_indices crow_indices dense_dim dequantize hsmm hspmm int_repr is_coalesced q_per_channel_axis
        q_per_channel_scales q_per_channel_zero_points q_scale q_zero_point qscheme quantize_per_channel
        quantize_per_tensor quantize_per_tensor_dynamic row_indices saddmm sampled_addmm smm sparse_bsc_tensor
        sparse_bsr_tensor sparse_compressed_tensor sparse_coo_tensor sparse_csc_tensor sparse_csr_tensor sparse_dim
        sparse_mask sspaddmm to_mkldnn to_padded_tensor to_sparse to_sparse_bsc to_sparse_bsr to_sparse_coo
        to_sparse_csc to_sparse_csr ccol_indices_copy col_indices_copy crow_indices_copy indices_copy row_indices_copy
        values_copy choose_qparams_optimized fake_quantize_per_channel_affine fake_quantize_per_tensor_affine
        fbgemm_linear_fp16_weight fbgemm_linear_fp16_weight_fp32_activation fbgemm_linear_int8_weight
        fbgemm_linear_int8_weight_fp32_activation fbgemm_linear_quantize_weight fbgemm_pack_gemm_matrix_fp16
        fbgemm_pack_quantized_matrix fused_moving_avg_obs_fake_quant quantized_batch_norm quantized_gru_cell
        quantized_lstm_cell quantized_max_pool1d quantized_max_pool2d quantized_max_pool3d quantized_rnn_relu_cell
        quantized_rnn_tanh_cell
    """),
    (UNASKED, "is_conj is_distributed is_inference is_neg is_pinned is_set_to"),
    (PROCESS, """
        get_default_dtype get_num_threads get_rng_state initial_seed manual_seed seed set_default_device
        set_default_dtype set_default_tensor_type set_grad_enabled set_num_threads set_printoptions set_rng_state
        use_deterministic_algorithms
    """),
    (INNER.format("an optimizer without fused=True takes the same step"),
     "fused_adagrad fused_adam fused_adamw fused_sgd"),
    (INNER.format("use that one"), """
        ops batch_norm_backward_elemt batch_norm_backward_reduce batch_norm_elemt batch_norm_gather_stats
        batch_norm_gather_stats_with_counts batch_norm_stats batch_norm_update_stats convolution embedding_renorm
        max_pool2d_with_indices_backward native_batch_norm native_dropout_backward native_group_norm native_norm
        lobpcg segment_reduce miopen_batch_norm miopen_convolution miopen_convolution_add_relu miopen_convolution_relu
        miopen_convolution_transpose miopen_depthwise_convolution miopen_rnn
    """),
]

# Reasons that lie in what the operation is, not in what is still missing here.
TELLS = frozenset({SIZES, MASK, CLASSES, REACH, PRIVATE, *(reason for reason, _ in REFUSED)})
