//! `PaddlePaddle`'s programs: which of their operators run code, touch files or the network.

use trueline_facts::artifact::Verdict;

use crate::inspection::Inspection;
use crate::payload::{self, Tail};
use crate::protobuf::{self, messages, number};
use crate::source::Source;
use crate::technique;

/// `PaddlePaddle`'s `ProgramDesc`: blocks of operators.
pub(crate) fn inspect(inspection: &mut Inspection, source: &Source) -> bool {
    let mut operators = 0usize;
    let end = protobuf::end(source, 1..=10);
    let program = source.slice(0, end.unwrap_or(u64::MAX));
    for block in messages(&program, 1) {
        if number(&block, 1).is_none() {
            return false;
        }
        for operator in messages(&block, 4) {
            let Some(kind) = protobuf::text(&operator, 3) else {
                return false;
            };
            if kind.is_empty() || !kind.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
                return false;
            }
            operators += 1;
            let code = matches!(
                kind.as_str(),
                "py_func" | "py_layer" | "pylayer" | "run_program"
            );
            let files = matches!(
                kind.as_str(),
                "save"
                    | "save_combine"
                    | "load"
                    | "load_combine"
                    | "print"
                    | "read_file"
                    | "write_file"
                    | "fetch_barrier"
                    | "send"
                    | "recv"
                    | "listen_and_serv"
            );
            if code
                || kind == "write_file"
                || kind == "read_file"
                || kind == "listen_and_serv"
                || kind == "send"
            {
                inspection.report(
                    Verdict::Malicious,
                    technique::PADDLE_CODE_OP,
                    0,
                    format!("the operator {kind} runs Python code, touches files or the network"),
                );
            } else if files && kind != "print" {
                inspection.report(
                    Verdict::Suspicious,
                    technique::PADDLE_CODE_OP,
                    0,
                    format!("the operator {kind} touches files"),
                );
            }
        }
    }
    if operators > 0 {
        inspection.format("paddle-program");
        if let Some(end) = end {
            payload::behind(inspection, source, end, Tail::Nothing);
        }
    }
    operators > 0
}
