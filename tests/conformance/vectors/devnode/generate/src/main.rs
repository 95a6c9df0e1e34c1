//! Records what polkadot-sdk's own crates answer, for the dev node's tests: roots and compact proofs of sp-trie, and
//! traces of storage operations through sp-io. `cargo run -- <this folder's parent>` rewrites trie.json and overlay.json.
//!
//! After each storage root the trace writes a key: sp-state-machine answers a root from a cache that appends do not
//! invalidate, and a child root after it from the stale main storage; the dev node computes both afresh.

use serde_json::{json, Value};
use sp_core::{
    storage::{ChildInfo, StateVersion, Storage, StorageChild},
    Blake2Hasher, Hasher, KeccakHasher,
};
use sp_trie::{
    generate_trie_proof, LayoutV0, LayoutV1, MemoryDB, TrieConfiguration, TrieDBMutBuilder, TrieMut,
};
use std::collections::BTreeMap;

struct Rng(u64);
impl Rng {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
    fn below(&mut self, n: u64) -> u64 {
        (self.next() >> 11) % n
    }
    fn bytes(&mut self, n: u64) -> Vec<u8> {
        (0..n).map(|_| self.next() as u8 ^ (self.0 >> 32) as u8).collect()
    }
    fn key(&mut self) -> Vec<u8> {
        let n = self.below(6);
        (0..n).map(|_| [0u8, 1, 0x10, 0x11, 0xff][self.below(5) as usize]).collect()
    }
    fn long_key(&mut self) -> Vec<u8> {
        let mut k = vec![7u8; self.below(3) as usize * 20];
        k.extend(self.key());
        k
    }
    fn value(&mut self) -> Vec<u8> {
        let n = [0, 1, 5, 31, 32, 33, 34, 70][self.below(8) as usize];
        self.bytes(n)
    }
}
fn h(b: &[u8]) -> String {
    hex::encode(b)
}

fn build<L: TrieConfiguration>(
    pairs: &BTreeMap<Vec<u8>, Vec<u8>>,
) -> (MemoryDB<L::Hash>, <L::Hash as Hasher>::Out)
where
    L::Hash: Hasher,
{
    let mut db = MemoryDB::<L::Hash>::default();
    let mut root = Default::default();
    {
        let mut t = TrieDBMutBuilder::<L>::new(&mut db, &mut root).build();
        for (k, v) in pairs {
            t.insert(k, v).unwrap();
        }
    }
    (db, root)
}
fn proofs<L: TrieConfiguration>(pairs: &BTreeMap<Vec<u8>, Vec<u8>>, rng: &mut Rng) -> Vec<Value> {
    let (db, root) = build::<L>(pairs);
    let mut out = vec![];
    let keys: Vec<_> = pairs.keys().cloned().collect();
    for n in 0..4u64 {
        let mut asked: Vec<Vec<u8>> = vec![];
        for _ in 0..=n {
            let k = if rng.below(3) == 0 || keys.is_empty() {
                rng.long_key()
            } else {
                keys[rng.below(keys.len() as u64) as usize].clone()
            };
            if !asked.contains(&k) {
                asked.push(k);
            }
        }
        if let Ok(p) = generate_trie_proof::<L, _, _, _>(&db, root, asked.iter()) {
            out.push(json!({"claims": asked.iter().map(|k| json!([h(k), pairs.get(k).map(|v| h(v))])).collect::<Vec<_>>(), "proof": p.iter().map(|n| h(n)).collect::<Vec<_>>()}));
        }
    }
    out
}
fn tries() -> Value {
    let mut rng = Rng(0x9e3779b97f4a7c15);
    let mut out = vec![];
    for case in 0..24u64 {
        let size = [0, 1, 2, 3, 5, 9, 20, 40][(case % 8) as usize];
        let pairs: BTreeMap<Vec<u8>, Vec<u8>> = (0..size).map(|_| (rng.long_key(), rng.value())).collect();
        let list: Vec<Vec<u8>> = (0..size * 3).map(|_| rng.value()).collect();
        let p: Vec<_> = pairs.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
        out.push(json!({
            "pairs": p.iter().map(|(k, v)| json!([h(k), h(v)])).collect::<Vec<_>>(),
            "root_v0": h(LayoutV0::<Blake2Hasher>::trie_root(p.clone()).as_ref()),
            "root_v1": h(LayoutV1::<Blake2Hasher>::trie_root(p.clone()).as_ref()),
            "keccak_v0": h(LayoutV0::<KeccakHasher>::trie_root(p.clone()).as_ref()),
            "keccak_v1": h(LayoutV1::<KeccakHasher>::trie_root(p.clone()).as_ref()),
            "list": list.iter().map(|v| h(v)).collect::<Vec<_>>(),
            "ordered_v0": h(LayoutV0::<Blake2Hasher>::ordered_trie_root(list.clone()).as_ref()),
            "ordered_v1": h(LayoutV1::<Blake2Hasher>::ordered_trie_root(list.clone()).as_ref()),
            "proofs_v0": proofs::<LayoutV0<Blake2Hasher>>(&pairs, &mut rng),
            "proofs_v1": proofs::<LayoutV1<Blake2Hasher>>(&pairs, &mut rng),
        }));
    }
    json!(out)
}

fn trace(seed: u64, version: StateVersion) -> Value {
    let mut rng = Rng(seed);
    let prefix = |rng: &mut Rng| {
        let mut k = rng.key();
        k.truncate(2);
        if k.is_empty() {
            k.push(1)
        };
        k
    };
    let mut top: BTreeMap<Vec<u8>, Vec<u8>> = (0..25).map(|_| (rng.key(), rng.value())).collect();
    let mut children = std::collections::HashMap::new();
    let mut kids = vec![];
    for name in [b"one".to_vec(), b"two".to_vec()] {
        let data: BTreeMap<Vec<u8>, Vec<u8>> = (0..8).map(|_| (rng.key(), rng.value())).collect();
        kids.push(json!([h(&name), data.iter().map(|(k, v)| json!([h(k), h(v)])).collect::<Vec<_>>()]));
        children.insert(name.clone(), StorageChild { data, child_info: ChildInfo::new_default(&name) });
    }
    top.insert(b":code".to_vec(), vec![]);
    let start = json!(top.iter().map(|(k, v)| json!([h(k), h(v)])).collect::<Vec<_>>());
    let storage = Storage { top, children_default: children };
    let mut ext = sp_io::TestExternalities::new_with_code_and_state(&[], storage, version);
    let mut ops = vec![];
    ext.execute_with(|| {
        let mut depth = 0;
        for _ in 0..160 {
            let key = rng.key();
            let val = rng.value();
            let pre = prefix(&mut rng);
            let sk: Vec<u8> =
                [b"one".to_vec(), b"two".to_vec(), b"three".to_vec()][rng.below(3) as usize].clone();
            let lim = if rng.below(2) == 0 { None } else { Some(rng.below(4) as u32) };
            let opt = |v: Option<Vec<u8>>| v.map(|v| h(&v));
            let ver = version;
            let kill = |r: sp_io::KillStorageResult| match r {
                sp_io::KillStorageResult::AllRemoved(n) => json!(["all", n]),
                sp_io::KillStorageResult::SomeRemaining(n) => json!(["some", n]),
            };
            let choice = rng.below(22);
            let made = match choice {
                0 | 1 => {
                    sp_io::storage::set(&key, &val);
                    json!(["set", h(&key), h(&val), null])
                }
                2 => {
                    sp_io::storage::clear(&key);
                    json!(["clear", h(&key), null])
                }
                3 => json!(["get", h(&key), opt(sp_io::storage::get(&key).map(|b| b.to_vec()))]),
                4 | 5 => json!(["next_key", h(&key), opt(sp_io::storage::next_key(&key))]),
                6 | 7 => {
                    let item = rng.bytes(3);
                    let k = if rng.below(2) == 0 { b"list".to_vec() } else { key.clone() };
                    sp_io::storage::append(&k, item.clone());
                    json!(["append", h(&k), h(&item), null])
                }
                8 => json!(["clear_prefix", h(&pre), lim, kill(sp_io::storage::clear_prefix(&pre, lim))]),
                9 => {
                    let cur = if rng.below(2) == 0 {
                        None
                    } else {
                        let mut c = pre.clone();
                        c.extend(rng.key());
                        Some(c)
                    };
                    let r = sp_externalities::with_externalities(|mut e| {
                        e.clear_prefix(&pre, lim, cur.as_deref())
                    })
                    .unwrap();
                    json!([
                        "clear_prefix_cursor",
                        h(&pre),
                        lim,
                        opt(cur),
                        [json!(opt(r.maybe_cursor)), json!(r.backend), json!(r.unique), json!(r.loops)]
                    ])
                }
                10 => {
                    if depth < 4 {
                        depth += 1;
                        sp_io::storage::start_transaction();
                        json!(["start", null])
                    } else {
                        json!(["noop", null])
                    }
                }
                11 => {
                    if depth > 0 {
                        depth -= 1;
                        sp_io::storage::rollback_transaction();
                        json!(["rollback", null])
                    } else {
                        json!(["noop", null])
                    }
                }
                12 => {
                    if depth > 0 {
                        depth -= 1;
                        sp_io::storage::commit_transaction();
                        json!(["commit", null])
                    } else {
                        json!(["noop", null])
                    }
                }
                13 => {
                    let r = json!(["root", h(&sp_io::storage::root(ver))]);
                    ops.push(r);
                    sp_io::storage::set(b"after root", &val);
                    json!(["set", h(b"after root"), h(&val), null])
                }
                14 | 15 => {
                    sp_io::default_child_storage::set(&sk, &key, &val);
                    json!(["child_set", h(&sk), h(&key), h(&val), null])
                }
                16 => {
                    sp_io::default_child_storage::clear(&sk, &key);
                    json!(["child_clear", h(&sk), h(&key), null])
                }
                17 => {
                    json!(["child_get", h(&sk), h(&key), opt(sp_io::default_child_storage::get(&sk, &key))])
                }
                18 => json!([
                    "child_next_key",
                    h(&sk),
                    h(&key),
                    opt(sp_io::default_child_storage::next_key(&sk, &key))
                ]),
                19 => json!([
                    "child_clear_prefix",
                    h(&sk),
                    h(&pre),
                    lim,
                    kill(sp_io::default_child_storage::clear_prefix(&sk, &pre, lim))
                ]),
                20 => json!(["child_root", h(&sk), h(&sp_io::default_child_storage::root(&sk, ver))]),
                _ => {
                    if rng.below(3) == 0 {
                        json!([
                            "child_kill",
                            h(&sk),
                            lim,
                            kill(sp_io::default_child_storage::storage_kill(&sk, lim))
                        ])
                    } else {
                        json!(["get", h(b"list"), opt(sp_io::storage::get(b"list").map(|b| b.to_vec()))])
                    }
                }
            };
            ops.push(made);
        }
        while depth > 0 {
            depth -= 1;
            sp_io::storage::commit_transaction();
        }
        ops.push(json!(["commit_all", null]));
        ops.push(json!(["root", h(&sp_io::storage::root(version))]));
    });
    json!({"version": if version == StateVersion::V0 { 0 } else { 1 }, "top": start, "children": kids, "ops": ops})
}

fn main() {
    let dir = std::env::args().nth(1).unwrap();
    std::fs::write(
        format!("{dir}/trie.json"),
        serde_json::to_string(&json!({"source": "sp-trie 47.0.0", "cases": tries()})).unwrap(),
    )
    .unwrap();
    let traces: Vec<Value> = (1..=12u64)
        .map(|i| {
            trace(
                i.wrapping_mul(0x2545F4914F6CDD1D) | 1,
                if i % 2 == 0 { StateVersion::V0 } else { StateVersion::V1 },
            )
        })
        .collect();
    std::fs::write(
        format!("{dir}/overlay.json"),
        serde_json::to_string(&json!({"source": "sp-io 49.0.0, sp-state-machine 0.54.0", "traces": traces}))
            .unwrap(),
    )
    .unwrap();
}
