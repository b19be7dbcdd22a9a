//! Gradient boosting of small trees on the live features (Friedman 2001): for the mean by squared error, for the ends of
//! an interval by quantiles, as they come and conformalised (Romano, Patterson, Candès 2019).
//!
//! Of our own, because a baseline needs forty lines of it and no library; what it costs is bounded by the rows it keeps.

use std::collections::VecDeque;

use super::least_squares::LIVE_FEATURES;

type Row = [f64; LIVE_FEATURES];

/// Rows that are kept, the latest.
const ROWS: usize = 20_000;
/// Fewer than this teach nothing.
const FEWEST: usize = 100;
/// Trees of one figure, and how much of each counts.
const TREES: usize = 120;
const RATE: f64 = 0.1;
/// Levels of a tree, its leaves, and the fewest rows of a leaf.
const DEPTH: usize = 3;
const LEAVES: usize = 1 << DEPTH;
const LEAF_ROWS: u32 = 20;
/// Where a feature may be split: between its quantiles.
const CUTS: usize = 24;
/// The ends of the intervals of 80 and 90 %.
const ENDS: [(f64, f64); 2] = [(0.1, 0.9), (0.05, 0.95)];

/// Boosted figures of a wait, fitted when asked.
#[derive(Debug, Default)]
pub(crate) struct Boosting {
    rows: VecDeque<(Row, f64)>,
    added: usize,
    fitted: usize,
    mean: Ensemble,
    raw: [Interval; ENDS.len()],
    conformal: [Interval; ENDS.len()],
}

/// An interval, and by how much it is wider on either side than its quantiles.
#[derive(Debug, Default)]
struct Interval {
    low: Ensemble,
    high: Ensemble,
    margin: f64,
}

impl Interval {
    fn fit(rows: &Rows, (low, high): (f64, f64)) -> Self {
        Self {
            low: Ensemble::fit(rows, Some(low)),
            high: Ensemble::fit(rows, Some(high)),
            margin: 0.0,
        }
    }

    fn ends(&self, row: &Row) -> (f64, f64) {
        let (low, high) = (self.low.predict(row), self.high.predict(row));
        let (low, high) = (low.min(high) - self.margin, low.max(high) + self.margin);
        (low.max(0.0), high.max(0.0))
    }
}

impl Boosting {
    pub(crate) fn add(&mut self, features: &Row, waited: f64) {
        if self.rows.len() == ROWS {
            self.rows.pop_front();
        }
        self.rows.push_back((*features, waited));
        self.added += 1;
    }

    /// Fits anew, unless little was added since: what costs most of a replay is done a few times of it.
    pub(crate) fn fit(&mut self) {
        if self.rows.len() < FEWEST || self.added < self.fitted + self.fitted / 2 {
            return;
        }
        self.fitted = self.added.max(1);
        let all = Rows::of(self.rows.iter());
        self.mean = Ensemble::fit(&all, None);
        // Three quarters teach, and the quarter after them says how far that is off.
        let kept = self.rows.len() * 3 / 4;
        let taught = Rows::of(self.rows.iter().take(kept));
        for (at, ends) in ENDS.into_iter().enumerate() {
            self.raw[at] = Interval::fit(&all, ends);
            let mut interval = Interval::fit(&taught, ends);
            let misses = self.rows.iter().skip(kept).map(|(row, waited)| {
                let (low, high) = interval.ends(row);
                (low - waited).max(waited - high)
            });
            interval.margin = quantile(misses.collect(), ends.1 - ends.0);
            self.conformal[at] = interval;
        }
    }

    pub(crate) fn predict(&self, features: &Row) -> f64 {
        self.mean.predict(features).max(0.0)
    }

    /// The intervals of 80 and 90 %, as they come.
    pub(crate) fn raw(&self, features: &Row) -> [(f64, f64); ENDS.len()] {
        self.raw.each_ref().map(|interval| interval.ends(features))
    }

    /// The same, conformalised.
    pub(crate) fn conformal(&self, features: &Row) -> [(f64, f64); ENDS.len()] {
        self.conformal.each_ref().map(|interval| interval.ends(features))
    }
}

/// Rows with each feature as the number of the cuts below it.
struct Rows {
    cuts: Vec<Vec<f64>>,
    codes: Vec<[u8; LIVE_FEATURES]>,
    waited: Vec<f64>,
}

impl Rows {
    fn of<'a>(rows: impl Iterator<Item = &'a (Row, f64)>) -> Self {
        let rows: Vec<_> = rows.collect();
        let cuts: Vec<Vec<f64>> = (0..LIVE_FEATURES)
            .map(|feature| {
                let mut values: Vec<f64> = rows.iter().map(|(row, _)| row[feature]).collect();
                values.sort_by(f64::total_cmp);
                let mut cuts: Vec<f64> =
                    (1..=CUTS).map(|cut| values[(values.len() - 1) * cut / (CUTS + 1)]).collect();
                cuts.dedup();
                cuts
            })
            .collect();
        let code = |row: &Row| {
            let mut code = [0; LIVE_FEATURES];
            for ((code, value), cuts) in code.iter_mut().zip(row).zip(&cuts) {
                *code = u8::try_from(cuts.partition_point(|cut| cut < value)).unwrap_or(u8::MAX);
            }
            code
        };
        let codes = rows.iter().map(|(row, _)| code(row)).collect();
        let waited = rows.iter().map(|(_, waited)| *waited).collect();
        Self { cuts, codes, waited }
    }
}

/// A sum of trees.
#[derive(Debug, Default)]
struct Ensemble {
    base: f64,
    trees: Vec<Tree>,
}

/// A tree whose nodes of one level ask in the order of their place; what goes right is above the threshold.
#[derive(Debug)]
struct Tree {
    asks: [(usize, f64); LEAVES - 1],
    leaves: [f64; LEAVES],
}

impl Ensemble {
    /// Fits the mean, or a quantile.
    fn fit(rows: &Rows, share: Option<f64>) -> Self {
        let centre = |values: Vec<f64>| match share {
            Some(share) => quantile(values, share),
            None => values.iter().sum::<f64>() / count(values.len()).max(1.0),
        };
        let base = centre(rows.waited.clone());
        let mut told = vec![base; rows.waited.len()];
        let mut trees = Vec::with_capacity(TREES);
        for _tree in 0..TREES {
            let slope = |(waited, told): (&f64, &f64)| match share {
                None => waited - told,
                Some(share) if waited > told => share,
                Some(share) => share - 1.0,
            };
            let slopes: Vec<f64> = rows.waited.iter().zip(&told).map(slope).collect();
            let (asks, places) = grow(rows, &slopes);
            let mut rests: [Vec<f64>; LEAVES] = Default::default();
            for ((place, waited), told) in places.iter().zip(&rows.waited).zip(&told) {
                rests[*place].push(waited - told);
            }
            let leaves = rests.map(|rest| RATE * if rest.is_empty() { 0.0 } else { centre(rest) });
            for (told, place) in told.iter_mut().zip(&places) {
                *told += leaves[*place];
            }
            trees.push(Tree { asks, leaves });
        }
        Self { base, trees }
    }

    fn predict(&self, row: &Row) -> f64 {
        self.base + self.trees.iter().map(|tree| tree.leaf(row)).sum::<f64>()
    }
}

impl Tree {
    fn leaf(&self, row: &Row) -> f64 {
        let mut place = 0;
        for level in 0..DEPTH {
            let (feature, threshold) = self.asks[(1 << level) - 1 + place];
            place = 2 * place + usize::from(row[feature] > threshold);
        }
        self.leaves[place]
    }
}

/// The splits that explain the slopes best, level by level, and the leaf of each row.
fn grow(rows: &Rows, slopes: &[f64]) -> ([(usize, f64); LEAVES - 1], Vec<usize>) {
    // What asks nothing sends everybody left.
    let mut asks = [(0, f64::INFINITY); LEAVES - 1];
    let mut places = vec![0_usize; slopes.len()];
    for level in 0..DEPTH {
        let nodes = 1 << level;
        let mut best = vec![(0.0, 0_usize, usize::MAX); nodes];
        for feature in 0..LIVE_FEATURES {
            let cuts = rows.cuts[feature].len();
            let mut sums = vec![(0.0, 0_u32); nodes * (cuts + 1)];
            for ((place, code), slope) in places.iter().zip(&rows.codes).zip(slopes) {
                let cell = &mut sums[place * (cuts + 1) + usize::from(code[feature])];
                cell.0 += slope;
                cell.1 += 1;
            }
            for (best, sums) in best.iter_mut().zip(sums.chunks(cuts + 1)) {
                let all = sums.iter().fold((0.0, 0), |sum, cell| (sum.0 + cell.0, sum.1 + cell.1));
                let mut left = (0.0, 0);
                for (cut, cell) in sums.iter().take(cuts).enumerate() {
                    left = (left.0 + cell.0, left.1 + cell.1);
                    let right = (all.0 - left.0, all.1 - left.1);
                    if left.1 < LEAF_ROWS || right.1 < LEAF_ROWS {
                        continue;
                    }
                    let explained = |side: (f64, u32)| side.0 * side.0 / f64::from(side.1);
                    let gain = explained(left) + explained(right) - explained(all);
                    if gain > best.0 {
                        *best = (gain, feature, cut);
                    }
                }
            }
        }
        for (node, (_, feature, cut)) in best.iter().enumerate() {
            if let Some(threshold) = rows.cuts[*feature].get(*cut) {
                asks[nodes - 1 + node] = (*feature, *threshold);
            }
        }
        for (place, code) in places.iter_mut().zip(&rows.codes) {
            let (_, feature, cut) = best[*place];
            *place = 2 * *place + usize::from(usize::from(code[feature]) > cut);
        }
    }
    (asks, places)
}

/// The value below which this share of the values lies.
fn quantile(mut values: Vec<f64>, share: f64) -> f64 {
    let wanted = (share * count(values.len())).ceil();
    let at = (1..values.len()).take_while(|at| count(*at) < wanted).count();
    if values.is_empty() {
        return 0.0;
    }
    *values.select_nth_unstable_by(at, f64::total_cmp).1
}

fn count(length: usize) -> f64 {
    f64::from(u32::try_from(length).unwrap_or(u32::MAX))
}
