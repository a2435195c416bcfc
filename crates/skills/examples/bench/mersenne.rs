//! The Mersenne Twister (Matsumoto and Nishimura 1998) as numpy's legacy generator uses it: the
//! published split for tuning is drawn with it, so it has to be the same draw.

const N: usize = 624;
const M: usize = 397;

pub(crate) struct Mersenne {
    state: [u32; N],
    next: usize,
}

impl Mersenne {
    pub(crate) fn new(seed: u32) -> Self {
        let mut state = [0; N];
        state[0] = seed;
        for i in 1..N {
            let before = state[i - 1];
            state[i] = 1_812_433_253_u32
                .wrapping_mul(before ^ (before >> 30))
                .wrapping_add(i as u32);
        }
        Self { state, next: N }
    }

    fn word(&mut self) -> u32 {
        if self.next == N {
            for i in 0..N {
                let y = (self.state[i] & 0x8000_0000) | (self.state[(i + 1) % N] & 0x7fff_ffff);
                let twist = if y & 1 == 1 { 0x9908_b0df } else { 0 };
                self.state[i] = self.state[(i + M) % N] ^ (y >> 1) ^ twist;
            }
            self.next = 0;
        }
        let mut y = self.state[self.next];
        self.next += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }

    /// Evenly from `0..=most`, by masking and rejecting.
    fn up_to(&mut self, most: u32) -> u32 {
        let mask = most
            .checked_ilog2()
            .map_or(0, |bits| u32::MAX >> (31 - bits));
        loop {
            let value = self.word() & mask;
            if value <= most {
                return value;
            }
        }
    }

    /// A permutation of `0..n`.
    pub(crate) fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut all: Vec<usize> = (0..n).collect();
        for i in (1..n).rev() {
            all.swap(i, self.up_to(i as u32) as usize);
        }
        all
    }
}
