// The jobs of the comparison in Rust: a futures stream, and serde_json into typed structs on one thread.
use futures::executor::block_on;
use futures::future::ready;
use futures::stream::{self, StreamExt};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::hint::black_box;
use std::io::{self, BufRead, BufReader, BufWriter, Write};

#[derive(Deserialize)]
#[allow(dead_code)]
struct Geo {
    lat: f64,
    lon: f64,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Nested<'a> {
    #[serde(borrow)]
    city: Cow<'a, str>,
    #[serde(borrow)]
    zip: Cow<'a, str>,
    geo: Geo,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Record<'a> {
    id: i64,
    #[serde(borrow)]
    user: Cow<'a, str>,
    #[serde(borrow)]
    ts: Cow<'a, str>,
    amount: f64,
    #[serde(borrow)]
    tags: Vec<Cow<'a, str>>,
    #[serde(borrow)]
    nested: Nested<'a>,
    #[serde(borrow)]
    status: Cow<'a, str>,
}

#[derive(Serialize)]
struct Out<'a> {
    id: i64,
    user: &'a str,
    amount: f64,
    city: &'a str,
}

#[derive(Serialize)]
struct Group<'a> {
    user: &'a str,
    total: f64,
    n: u64,
}

// lines calls f with each line of a file.
fn lines(path: &str, mut f: impl FnMut(&str)) {
    let mut r = BufReader::with_capacity(1 << 16, File::open(path).unwrap());
    let mut line = String::new();
    loop {
        line.clear();
        if r.read_line(&mut line).unwrap() == 0 {
            return;
        }
        f(&line);
    }
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let mut w = BufWriter::with_capacity(1 << 16, io::stdout());
    match args[1].as_str() {
        "compute" => {
            let n: i64 = args[2].parse().unwrap();
            let s = stream::iter(1..=black_box(n))
                .filter(|x| ready(x % 2 == 0))
                .map(|x| x.checked_mul(3).unwrap().checked_add(1).unwrap())
                .fold(0i64, |a, x| ready(a.checked_add(x).unwrap()));
            writeln!(w, "{}", block_on(s)).unwrap();
        }
        "records" => lines(&args[2], |line| {
            let r: Record = serde_json::from_str(line).unwrap();
            if r.status == "ok" && r.amount > 50.0 {
                let out = Out { id: r.id, user: &r.user, amount: r.amount, city: &r.nested.city };
                serde_json::to_writer(&mut w, &out).unwrap();
                w.write_all(b"\n").unwrap();
            }
        }),
        "group" => {
            let mut groups: HashMap<String, (f64, u64)> = HashMap::new();
            lines(&args[2], |line| {
                let r: Record = serde_json::from_str(line).unwrap();
                if let Some(g) = groups.get_mut(r.user.as_ref()) {
                    g.0 += r.amount;
                    g.1 += 1;
                } else {
                    groups.insert(r.user.into_owned(), (r.amount, 1));
                }
            });
            for (user, (total, n)) in &groups {
                serde_json::to_writer(&mut w, &Group { user, total: *total, n: *n }).unwrap();
                w.write_all(b"\n").unwrap();
            }
        }
        other => panic!("there is no job {}", other),
    }
    w.flush().unwrap();
}
