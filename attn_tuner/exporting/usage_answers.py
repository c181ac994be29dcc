"""Lines that ask an artefact for its answers; `usage_snippets` replaces words in capitals.

NAMED is the input as the artefact calls it, INPUT the array that it is given, and NAMES_BY_INDEX
the names of the classes.
"""

_SURE = "[[name for name, p in zip(NAMES_BY_INDEX, row) if p >= 0.5] for row in probabilities]"
_BEST = "[NAMES_BY_INDEX[best] for best in probabilities.argmax(axis=-1)]"
_SESSION = '(probabilities,) = model.run(["probabilities"], {"NAMED": INPUT})'
IN_ORDER = "  # (texts, CLASSES), in the order CLASS_NAMES"
# By the kind of the answers, and that of the artefact.
ANSWERS = {
    "class": {
        "savedmodel": 'labels = answer["label"]  # (texts,) strings\n'
        f'probabilities = answer["probabilities"]{IN_ORDER}',
        "keras": "probabilities = model.predict(INPUT, verbose=0)OUTPUTS",
        "onnx": f"{_SESSION}\nlabels = {_BEST}",
        "litert": f'probabilities = run(NAMED=INPUT)["probabilities"]\nlabels = {_BEST}',
    },
    "labels": {
        "savedmodel": 'labels = answer["label"]  # (texts,) strings, those of a text by commas\n'
        'answer["labels"]  # (texts, CLASSES) bool\n'
        f'probabilities = answer["probabilities"]{IN_ORDER}',
        "keras": "probabilities = model.predict(INPUT, verbose=0)OUTPUTS",
        "onnx": f"{_SESSION}\nlabels = {_SURE}",
        "litert": f'probabilities = run(NAMED=INPUT)["probabilities"]\nlabels = {_SURE}',
    },
    "number": {
        "savedmodel": 'values = answer["value"]  # (texts,) numbers',
        "keras": "values = model.predict(INPUT, verbose=0)  # (texts, 1)",
        "onnx": '(values,) = model.run(["value"], {"NAMED": INPUT})  # (texts, 1)',
        "litert": 'values = run(NAMED=INPUT)["value"]  # (texts, 1)',
    },
    "numbers": {
        "savedmodel": f'values = answer["value"]{IN_ORDER}',
        "keras": f"values = model.predict(INPUT, verbose=0){IN_ORDER}",
        "onnx": f'(values,) = model.run(["value"], {{"NAMED": INPUT}}){IN_ORDER}',
        "litert": f'values = run(NAMED=INPUT)["value"]{IN_ORDER}',
    },
}
# With prediction sets or intervals, what follows.
DOUBTS = {
    "class": {
        "savedmodel": 'sets = answer["set"]  # (texts, CLASSES) bool, PROMISE',
        "keras": "sets = bundle.conformal.sets(bundle.columns(probabilities))  # PROMISE",
        "onnx": '(sets,) = model.run(["set"], {"NAMED": INPUT})  # (texts, CLASSES) bool, PROMISE',
        "litert": 'sets = run(NAMED=INPUT)["set"]  # (texts, CLASSES) bool, PROMISE',
    },
    "number": {
        "savedmodel": 'lower, upper = answer["lower"], answer["upper"]  # (texts,), PROMISE',
        "keras": "lower, upper = bundle.conformal.interval(values)  # (texts, 1), PROMISE",
        "onnx": 'lower, upper = model.run(["lower", "upper"], {"NAMED": INPUT})'
        "  # (texts, 1), PROMISE",
        "litert": 'lower, upper = map(run(NAMED=INPUT).get, ("lower", "upper"))'
        "  # (texts, 1), PROMISE",
    },
}
KNOWN = {
    "savedmodel": 'known = answer["known"]  # (texts,) bool, MEANING',
    "keras": "known = bundle.known.known(bundle.columns(probabilities))  # (texts,), MEANING",
    "onnx": '(known,) = model.run(["known"], {"NAMED": INPUT})  # (texts,) bool, MEANING',
    "litert": 'known = run(NAMED=INPUT)["known"]  # (texts,) bool, MEANING',
}
MEANING = "False for texts that are probably none of the classes"
PROMISES = {
    "class": "which hold the class of COVERAGE of the texts",
    "number": "which hold the number of COVERAGE of the texts",
}
