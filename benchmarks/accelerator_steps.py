"""How `accelerator.py` measures: a head or a training step by JAX' or PyTorch's own means."""

import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import attention
import keras
import numpy as np
import step as training
from keras import ops

BACKEND = keras.backend.backend()
if BACKEND == "jax":
    import jax
elif BACKEND == "torch":
    import torch

UNMASKED = "keras LSTM(128) without a mask"  # Keras uses cuDNN only without one.
NAMES = (
    *attention.OURS,
    "our LSTM(128)",
    "our minGRU(128)",
    "keras LSTM(128)",
    UNMASKED,
    "keras Attention",
    "keras AdditiveAttention",
    "keras MultiHeadAttention",
    "keras MultiHeadAttention sliding_window",
)  # Without keras-self-attention: it computes through TensorFlow.
TOO_LARGE = {("keras AdditiveAttention", 8192)}
SMALLER = {  # Batches at which the scores of layers that compare all steps fit.
    ("multi_head", 8192): 4,
    ("keras MultiHeadAttention", 8192): 4,
    ("keras MultiHeadAttention sliding_window", 8192): 4,
    ("keras AdditiveAttention", 2048): 4,
}
MOST = 70e9  # Bytes that a step of a head may take.
REPEATED = training.REPEATED if BACKEND == "jax" else 5  # Training steps of a round.
WORDS, SQUARE = 20_000, 8192


def say(*what):
    print(*what, file=sys.stderr, flush=True)


def failed(error, *where):
    say(*where, type(error).__name__, str(error)[:300])


def wait(found):
    """Returns when the device has computed everything."""
    if BACKEND == "jax":
        jax.block_until_ready(found)
    elif torch.cuda.is_available():
        torch.cuda.synchronize()


def timed(program, seconds=0.6, most=30):
    """Measures the milliseconds of one call: median, least and most, after one that warms up."""
    wait(program())
    spent, begun = [], time.perf_counter()
    while not spent or (len(spent) < most and time.perf_counter() - begun < seconds):
        start = time.perf_counter()
        wait(program())
        spent.append(1e3 * (time.perf_counter() - start))
    return {"ms": statistics.median(spent), "low": min(spent), "high": max(spent), "n": len(spent)}


# Attention heads


def layer_of(name):
    if name == UNMASKED:
        layer = keras.layers.LSTM(128, return_sequences=True)
        return layer, lambda states, mask: layer(states)
    return attention.layer_of(name)


def inputs(steps, batch):
    states = np.random.default_rng(0).normal(size=(batch, steps, attention.WIDTH))
    mask = np.tile(np.arange(steps)[None] < int(0.8 * steps), (batch, 1))
    return states.astype("float32"), mask


def heads_on_jax(names, lengths, **limits):
    """Measures every layer at every length; all are compiled before the first is timed."""
    built, lowered, found = {}, {}, {}
    for name in names:
        try:
            layer, call = layer_of(name)
            call(*(ops.convert_to_tensor(each) for each in inputs(2, 1)))
            built[name] = layer, call
        except Exception as error:
            failed(error, "build", name)

    def grad_of(name):
        layer, call = built[name]

        def loss(states, weights, mask):
            pairs = zip(layer.trainable_variables, weights, strict=True)
            with keras.StatelessScope(state_mapping=list(pairs)):
                return ops.sum(ops.square(call(states, mask)))

        return jax.jit(jax.grad(loss, argnums=(0, 1)))

    def made(name, steps, batch):
        shapes = [jax.ShapeDtypeStruct(each.shape, each.dtype) for each in inputs(steps, batch)]
        weights = [each.value for each in built[name][0].trainable_variables]
        return grad_of(name).lower(shapes[0], weights, shapes[1])

    with ThreadPoolExecutor(12) as pool:
        for steps in lengths:
            for name in built:
                if (name, steps) in TOO_LARGE:
                    continue
                batch = SMALLER.get((name, steps), attention.BATCH)
                try:
                    lowered[name, steps] = batch, pool.submit(made(name, steps, batch).compile)
                except Exception as error:
                    failed(error, "lower", name, steps)
    for (name, steps), (batch, compiled) in lowered.items():
        try:
            program = compiled.result()
            grown = grown_by(program)
            while grown > MOST and batch > 1:
                batch //= 2
                program = made(name, steps, batch).compile()
                grown = grown_by(program)
            states, mask = (jax.device_put(each) for each in inputs(steps, batch))
            weights = [each.value for each in built[name][0].trainable_variables]
            cell = timed(lambda: program(states, weights, mask), **limits)  # noqa: B023
            keep(found, name, steps, batch, cell, grown)
        except Exception as error:
            failed(error, "run", name, steps)
    return found


def grown_by(program):
    sizes = program.memory_analysis()
    return sizes.temp_size_in_bytes + sizes.output_size_in_bytes


def heads_on_torch(names, lengths, **limits):
    """Measures every layer at every length, at half the batch where memory is short."""
    found, built = {}, {}
    for steps in lengths:
        for name in names:
            if (name, steps) in TOO_LARGE:
                continue
            batch = SMALLER.get((name, steps), attention.BATCH)
            while batch:
                try:
                    if name not in built:
                        built[name] = layer_of(name)
                    cell, grown = torch_cell(*built[name], *inputs(steps, batch), **limits)
                    keep(found, name, steps, batch, cell, grown)
                    break
                except torch.OutOfMemoryError:
                    batch //= 2
                except Exception as error:
                    failed(error, "run", name, steps)
                    break
    return found


def torch_cell(layer, call, states, mask, **limits):
    states = ops.convert_to_tensor(states).requires_grad_()
    mask = ops.convert_to_tensor(mask)
    if not layer.built:
        call(states[:1, :2].detach(), mask[:1, :2])
    weights = [each.value for each in layer.trainable_variables]

    def program():
        loss = ops.sum(ops.square(call(states, mask)))
        return torch.autograd.grad(loss, [states, *weights], allow_unused=True)

    if not torch.cuda.is_available():
        return timed(program, **limits), None
    torch.cuda.synchronize()
    torch.cuda.empty_cache()
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    program()
    torch.cuda.synchronize()
    return timed(program, **limits), torch.cuda.max_memory_allocated() - before


def keep(found, name, steps, batch, cell, grown):
    scale = attention.BATCH / batch
    mb = None if grown is None else scale * grown / 2**20
    found[name, steps] = cell | {"ms": scale * cell["ms"], "mb": mb, "scaled": scale}
    say(name, steps, found[name, steps])


# One training step


def fitted(model, optimizer, data, **options):
    jit = "auto" if BACKEND == "jax" else False
    model.compile(optimizer, "binary_crossentropy", **{"jit_compile": jit, **options})
    ids, labels = (np.concatenate([each] * REPEATED) for each in data)
    return lambda: model.fit(ids, labels, batch_size=training.BATCH, verbose=0, shuffle=False)


def differentiated(model, output, data):
    part = keras.Model(model.inputs, output)
    ids = ops.convert_to_tensor(data[0])
    weights = [each.value for each in part.trainable_variables]
    if BACKEND == "jax":
        fixed = [each.value for each in part.non_trainable_variables]

        def loss(weights, fixed, ids):
            answer, _ = part.stateless_call(weights, fixed, ids, training=True)
            return ops.mean(answer)

        once = jax.jit(jax.grad(loss))
        return lambda: wait([once(weights, fixed, ids) for _ in range(REPEATED)])

    def repeated():
        for _ in range(REPEATED):
            torch.autograd.grad(ops.mean(part(ids, training=True)), weights, allow_unused=True)
        wait(None)

    return repeated


def product():
    """Billions of floating-point operations a second in one large square product."""
    square = np.random.default_rng(0).normal(size=(SQUARE, SQUARE)).astype("float32")
    square = ops.convert_to_tensor(square)
    return 2 * SQUARE**3 / (timed(lambda: ops.matmul(square, square))["low"] * 1e6)


def best(programs, repeats, seconds):
    """Milliseconds of one step: all in turn, the first round left out, the best round counts."""
    found, began = {name: [] for name in programs}, None
    for number in range(repeats + 1):
        if number == 1:
            began = time.perf_counter()
        if number > 1 and time.perf_counter() - began > seconds:
            break
        for name, program in programs.items():
            start = time.perf_counter()
            program()
            spent = 1e3 * (time.perf_counter() - start) / REPEATED
            if number:
                found[name].append(spent)
            else:
                say("first round", name, f"{spent * REPEATED / 1e3:.1f} s")
    return {name: min(each) for name, each in found.items()} | {"rounds": len(found["as it is"])}


def one_step(steps, encoder, repeats, seconds, short):
    """Measures the standard model at one length; `short` leaves out its parts and variants."""
    from attn_tuner.attention import Head
    from attn_tuner.training.row_adamw import RowAdamW

    data = training.texts(steps, WORDS)
    rate = {"learning_rate": 2e-3, "clipnorm": 1.0}
    standard = lambda which=encoder: training.build(steps, WORDS, which)  # noqa: E731
    programs = {"as it is": fitted(standard(), RowAdamW(**rate), data)}
    for other in ("bigru", "mingru", "none"):
        programs[other] = fitted(standard(other), RowAdamW(**rate), data)
    if short:
        return best(programs, repeats, seconds)
    model = standard()
    head = next(layer for layer in model.layers if isinstance(layer, Head))
    coder = next(each for each in model.layers if each.name.startswith(encoder))
    cuts = {"embedding": model.get_layer("embedding").output, "encoder": coder.output}
    cuts |= {"head": head.output, "answer": model.output}
    programs |= {name: differentiated(model, cut, data) for name, cut in cuts.items()}
    frozen = standard()
    frozen.get_layer("embedding").trainable = False
    programs["AdamW"] = fitted(standard(), keras.optimizers.AdamW(**rate), data)
    programs["table frozen"] = fitted(frozen, RowAdamW(**rate), data)
    if BACKEND == "jax":
        programs["4 steps an execution"] = fitted(
            standard(), RowAdamW(**rate), data, steps_per_execution=4
        )
    found = best(programs, repeats, seconds)
    gap = found["encoder"] - found["embedding"]
    reached = training._operations(steps, encoder) / (1e6 * gap)
    return found | {"reached": reached, "product": product()}


def device():
    if BACKEND == "jax":
        return f"JAX on {jax.devices()[0].device_kind}"
    return f"PyTorch on {torch.cuda.get_device_name() if torch.cuda.is_available() else 'cpu'}"
