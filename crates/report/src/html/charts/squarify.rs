//! Squarified treemap layout (Bruls, Huizing and van Wijk 2000): areas in proportion to weights, shapes
//! as close to squares as a greedy row-by-row fill makes them.

/// A rectangle.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(in crate::html) struct Rect {
    pub(in crate::html) x: f64,
    pub(in crate::html) y: f64,
    pub(in crate::html) width: f64,
    pub(in crate::html) height: f64,
}

impl Rect {
    pub(in crate::html) fn area(&self) -> f64 {
        self.width * self.height
    }
}

/// Divides `room` among the weights, which are best given largest first. The answer has one rectangle
/// per weight, in order; a weight that is not positive gets none of the area.
pub(in crate::html) fn squarify(weights: &[f64], room: Rect) -> Vec<Rect> {
    let total: f64 = weights.iter().filter(|w| **w > 0.0).sum();
    let nothing = Rect {
        width: 0.0,
        height: 0.0,
        ..room
    };
    if total <= 0.0 || room.area() <= 0.0 {
        return vec![nothing; weights.len()];
    }
    let scale = room.area() / total;
    let mut out = Vec::with_capacity(weights.len());
    let mut free = room;
    let mut row: Vec<f64> = Vec::new();
    let mut sum = 0.0;
    for weight in weights {
        let area = if *weight > 0.0 { weight * scale } else { 0.0 };
        let side = free.width.min(free.height);
        if !row.is_empty() && worst(&row, sum, side) < worst_with(&row, sum, area, side) {
            free = lay(&row, sum, free, &mut out);
            row.clear();
            sum = 0.0;
        }
        row.push(area);
        sum += area;
    }
    lay(&row, sum, free, &mut out);
    out
}

/// The worst ratio of sides in a row along a side.
fn worst(row: &[f64], sum: f64, side: f64) -> f64 {
    let side2 = side * side;
    let sum2 = sum * sum;
    row.iter()
        .filter(|area| **area > 0.0)
        .map(|area| (side2 * area / sum2).max(sum2 / (side2 * area)))
        .fold(1.0, f64::max)
}

fn worst_with(row: &[f64], sum: f64, area: f64, side: f64) -> f64 {
    let sum = sum + area;
    worst(row, sum, side).max(worst(&[area], sum, side))
}

/// Lays a row along the shorter side and returns what is left of the room.
fn lay(row: &[f64], sum: f64, free: Rect, out: &mut Vec<Rect>) -> Rect {
    let upright = free.width >= free.height;
    let side = if upright { free.height } else { free.width };
    let depth = if side > 0.0 { sum / side } else { 0.0 };
    let mut at = 0.0;
    for area in row {
        let length = if depth > 0.0 { area / depth } else { 0.0 };
        out.push(if upright {
            Rect {
                x: free.x,
                y: free.y + at,
                width: depth,
                height: length,
            }
        } else {
            Rect {
                x: free.x + at,
                y: free.y,
                width: length,
                height: depth,
            }
        });
        at += length;
    }
    if upright {
        Rect {
            x: free.x + depth,
            width: (free.width - depth).max(0.0),
            ..free
        }
    } else {
        Rect {
            y: free.y + depth,
            height: (free.height - depth).max(0.0),
            ..free
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ROOM: Rect = Rect {
        x: 0.0,
        y: 0.0,
        width: 1000.0,
        height: 420.0,
    };

    fn overlap(a: &Rect, b: &Rect) -> f64 {
        let width = (a.x + a.width).min(b.x + b.width) - a.x.max(b.x);
        let height = (a.y + a.height).min(b.y + b.height) - a.y.max(b.y);
        width.max(0.0) * height.max(0.0)
    }

    proptest! {
        #[test]
        fn areas_are_in_proportion_inside_the_room_and_apart(
            mut weights in proptest::collection::vec(0_u32..1_000_000, 1..60)
        ) {
            weights.sort_unstable_by(|a, b| b.cmp(a));
            let weights: Vec<f64> = weights.into_iter().map(f64::from).collect();
            let total: f64 = weights.iter().sum();
            let rects = squarify(&weights, ROOM);
            prop_assert_eq!(rects.len(), weights.len());
            for (rect, weight) in rects.iter().zip(&weights) {
                let share = if total > 0.0 { weight / total } else { 0.0 };
                prop_assert!((rect.area() / ROOM.area() - share).abs() < 1e-6);
                prop_assert!(rect.x >= -1e-6 && rect.x + rect.width <= ROOM.width + 1e-6);
                prop_assert!(rect.y >= -1e-6 && rect.y + rect.height <= ROOM.height + 1e-6);
            }
            for (index, a) in rects.iter().enumerate() {
                for b in rects.iter().skip(index + 1) {
                    prop_assert!(overlap(a, b) < 1e-3, "{:?} {:?}", a, b);
                }
            }
        }
    }

    #[test]
    fn equal_weights_become_near_squares() {
        for rect in squarify(&[1.0; 8], ROOM) {
            let ratio = (rect.width / rect.height).max(rect.height / rect.width);
            assert!(ratio < 2.5, "{rect:?}");
        }
    }
}
