"""The methods that are compared, on the same words in the same slices. Each gives a list of (items, contexts), one entry
a slice, whose rows follow one list of words; rows of words unseen so far are zero."""

import collections
import pathlib
import re
import resource
import tempfile

import numpy as np

import skipgram_protocols as protocols
import tables


def words_of(value) -> list[str]:
    return value if isinstance(value, list) else re.findall(r"[a-z]+", value.lower())


def decade(time: str) -> str:
    """When the decade of a time begins, both in RFC 3339."""
    return f"{int(time[:4]) // 10 * 10:04}-01-01T00:00:00Z"


def read_slices(path, begin=decade) -> dict[str, list[list[str]]]:
    """{begin of the slice: lists of words}, in the order of time; begin() tells it from an event's time."""
    slices = collections.defaultdict(list)
    for time, value in tables.read_text_or_tokens(path):
        slices[begin(time)].append(words_of(value))
    return dict(sorted(slices.items()))


def frequent_words(slices, least: int) -> tuple[list[str], np.ndarray]:
    """Words used at least so often in all, the commonest first, and how often."""
    count = collections.Counter(word for sentences in slices.values() for words in sentences for word in words)
    words = sorted((word for word in count if count[word] >= least), key=lambda word: (-count[word], word))
    return words, np.array([count[word] for word in words], float)


def only(words, slices):
    """The slices without all other words."""
    kept = set(words)
    return {time: [[word for word in sentence if word in kept] for sentence in sentences]
            for time, sentences in slices.items()}


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def gaugeline_command(options, events, data, every="decade") -> list:
    return [options.gaugeline, "train", events, "--out", data, "--every", every, "--dim", options.dim, "--threads", 1,
            "--window", protocols.WINDOW, "--negatives", protocols.NEGATIVES, *options.flag]


def read_gaugeline(options, data, slices, words):
    """The tables that a data directory holds."""
    index = {word: row for row, word in enumerate(words)}
    learnt = []
    for number in range(len(slices)):
        pair = []
        for side in ("items", "contexts"):
            tokens, rows = tables.read_table(options.gaugeline, data, number, side)
            table = np.zeros((len(words), options.dim), np.float32)
            table[[index[token] for token in tokens]] = rows
            pair.append(table)
        learnt.append(tuple(pair))
    return learnt


def train_gaugeline(options, slices, words):
    """Seconds, and tables. The words are given as events of tokens; training is timed, the export is not."""
    with tempfile.TemporaryDirectory() as folder:
        events, data = pathlib.Path(folder) / "events.ndjson", pathlib.Path(folder) / "data"
        tables.write_events(events, slices)
        seconds = tables.cpu_seconds_of(*gaugeline_command(options, events, data))
        return seconds, read_gaugeline(options, data, slices, words)


def train_gensim(options, slices, words, counts, passes):
    """Seconds, and tables, of one model that goes on from slice to slice."""
    from gensim.models import Word2Vec
    seconds = -cpu_seconds()
    model = Word2Vec(vector_size=options.dim, window=protocols.WINDOW, negative=protocols.NEGATIVES, sg=1, sample=0,
                     min_count=1, workers=1, seed=1)
    model.build_vocab_from_freq({word: int(count) for word, count in zip(words, counts)})
    rows = [model.wv.key_to_index[word] for word in words]
    seconds += cpu_seconds()
    seen, learnt = np.zeros(len(words), bool), []
    index = {word: row for row, word in enumerate(words)}
    for sentences in slices.values():
        seconds -= cpu_seconds()
        model.train(sentences, total_examples=len(sentences), epochs=passes)
        seconds += cpu_seconds()
        seen[[index[word] for sentence in sentences for word in sentence]] = True
        learnt.append(tuple(table[rows] * seen[:, None] for table in (model.wv.vectors, model.syn1neg)))
    return seconds, learnt
