"""The held-out and the drift protocol, the same for every method. A method's tables are a list, one entry a slice, of
(items, contexts): arrays of V x d whose rows follow one vocabulary; rows of words unseen so far are zero."""

import math

import numpy as np

WINDOW, NEGATIVES, SEED = 5, 5, 11  # a program may set the first two before it begins


def log_sigmoid(x):
    return -np.logaddexp(0, -x)


def area_under_curve(positive, negative) -> float:
    """Chance that a positive's value is above a negative's; a tie counts as half."""
    positive, negative = np.asarray(positive)[:, None], np.asarray(negative)[None, :]
    return float((positive > negative).mean() + (positive == negative).mean() / 2)


def held_out(slices, held, tables, counts) -> tuple[int, float, float]:
    """Pairs, mean score, area under the curve. slices: times in the order of tables; held: {time: lists of word ids}.

    Negatives are drawn once per slice with a fixed seed from counts^.75: every method sees the same.
    """
    cdf = np.cumsum(counts**0.75) / (counts**0.75).sum()
    total = np.zeros(3)
    for time, (items, contexts) in zip(slices, tables):
        pairs = [(ids[i], ids[j]) for ids in held.get(time, []) for i in range(len(ids))
                 for j in range(max(0, i - WINDOW), min(len(ids), i + WINDOW + 1)) if j != i]
        if not pairs:
            continue
        centre, context = np.array(pairs).T
        draws = np.random.default_rng(SEED).random((len(pairs), NEGATIVES))
        negative = np.minimum(np.searchsorted(cdf, draws), len(counts) - 1)
        true = np.einsum("ij,ij->i", items[centre], contexts[context])
        false = np.stack([np.einsum("ij,ij->i", items[centre], contexts[column]) for column in negative.T], 1)
        above = ((true[:, None] > false).mean() + (true[:, None] == false).mean() / 2) * len(pairs)
        total += len(pairs), (log_sigmoid(true) + log_sigmoid(-false).sum(1)).sum(), above
    return int(total[0]), total[1] / total[0], total[2] / total[0]


def unit(rows):
    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-12)


def adjusted(values, counts, frequent):
    """Values over the median word's, less their line in log count over the frequent words."""
    values = values / max(np.median(values[frequent]), 1e-12)
    slope, level = np.polyfit(np.log(counts[frequent]), values[frequent], 1)
    return values - slope * np.log(counts) - level


def drift_over_cuts(items, counts, frequent, side=5):
    """ALGORITHM section 4: at every cut, cosine distance between the means of `side` slices before and after, over the
    median word's, adjusted for log count; the maximum over cuts. items: T x V x d."""
    best = np.full(items.shape[1], -math.inf)
    for cut in range(side, items.shape[0] - side + 1):
        before, after = items[cut - side:cut].mean(0), items[cut:cut + side].mean(0)
        best = np.maximum(best, adjusted(1 - (unit(before) * unit(after)).sum(1), counts, frequent))
    return best


def drift_first_last(items, counts, frequent):
    """Cosine distance of the last slice from the first in which a word has a row, adjusted likewise."""
    known = np.abs(items).sum(2) > 0
    first = np.take_along_axis(items, known.argmax(0)[None, :, None], 0)[0]
    return adjusted(1 - (unit(first) * unit(items[-1])).sum(1), counts, frequent)
