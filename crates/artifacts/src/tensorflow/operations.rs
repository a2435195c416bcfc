//! Operations of TensorFlow that reach outside of the graph, by what they do there.

use trueline_facts::artifact::Verdict;

use crate::technique::{self, Technique};

/// What an operation does outside of the graph.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Tier {
    Code,
    Write,
    Read,
    Network,
    /// Saving and restoring: ordinary in the functions that do it.
    Checkpoint,
    Vocabulary,
}

pub(super) fn tier(op: &str) -> Option<Tier> {
    Some(match op {
        "PyFunc" | "PyFuncStateless" | "EagerPyFunc" | "NumpyFunction" | "XlaHostCompute"
        | "LoadLibrary" | "Shell" => Tier::Code,
        "WriteFile"
        | "CreateSummaryFileWriter"
        | "CreateSummaryDbWriter"
        | "WriteSummary"
        | "WriteGraphSummary"
        | "WriteRawProtoSummary"
        | "WriteScalarSummary"
        | "DatasetToTFRecord"
        | "DatasetToTFRecordV2"
        | "SaveDataset"
        | "ExperimentalSaveDataset"
        | "ExperimentalSnapshotDataset"
        | "CacheDataset"
        | "SaveDatasetV2"
        | "SnapshotDataset"
        | "SnapshotDatasetV2"
        | "CacheDatasetV2"
        | "ExperimentalDatasetToTFRecord"
        | "DebugIdentity"
        | "DebugIdentityV2"
        | "DebugIdentityV3"
        | "DistributedSave"
        | "SaveSlices"
        | "Save"
        | "WriteAudioSummary"
        | "WriteHistogramSummary"
        | "WriteImageSummary"
        | "FileSystemSetConfiguration"
        | "ImportEvent"
        | "StatsAggregatorSetSummaryWriter"
        | "DeleteFile"
        | "TensorSummaryToFile" => Tier::Write,
        "ReadFile"
        | "WholeFileReader"
        | "WholeFileReaderV2"
        | "MatchingFiles"
        | "MatchingFilesDataset"
        | "TextLineReader"
        | "TextLineReaderV2"
        | "FixedLengthRecordReader"
        | "FixedLengthRecordReaderV2"
        | "TFRecordReader"
        | "TFRecordReaderV2"
        | "LMDBReader"
        | "IdentityReaderV2"
        | "TextLineDataset"
        | "TFRecordDataset"
        | "TFRecordDatasetV2"
        | "FixedLengthRecordDataset"
        | "FixedLengthRecordDatasetV2"
        | "SqlDataset"
        | "ExperimentalSqlDataset"
        | "LMDBDataset"
        | "ExperimentalLMDBDataset"
        | "CSVDataset"
        | "CSVDatasetV2"
        | "ExperimentalCSVDataset"
        | "ImmutableConst"
        | "LoadDataset"
        | "ExperimentalLoadDataset"
        | "ExperimentalMatchingFilesDataset"
        | "GenerateVocabRemapping"
        | "LoadAndRemapMatrix"
        | "SnapshotDatasetReader"
        | "ReaderReadV2"
        | "ReaderReadUpToV2"
        | "DecodeProtoV2"
        | "EncodeProto"
        | "Restore"
        | "RestoreSlice"
        | "ListSnapshotChunksDataset"
        | "SnapshotNestedDatasetReader"
        | "SnapshotChunkDataset"
        | "ReadFileDataset" => Tier::Read,
        "DataServiceDataset"
        | "DataServiceDatasetV2"
        | "DataServiceDatasetV3"
        | "DataServiceDatasetV4"
        | "RegisterDataset"
        | "RegisterDatasetV2"
        | "RpcClient"
        | "RpcCall"
        | "RpcServer"
        | "RpcServerStart"
        | "Rpc"
        | "TryRpc"
        | "GrpcServer"
        | "BigQueryReader"
        | "HttpRequest"
        | "KafkaDataset"
        | "KinesisDataset"
        | "PubSubDataset"
        | "BigtableClient"
        | "GcsConfigureCredentials"
        | "GcsConfigureBlockCache"
        | "CollectiveGatherV2Remote" => Tier::Network,
        "SaveV2" | "RestoreV2" | "MergeV2Checkpoints" => Tier::Checkpoint,
        "InitializeTableFromTextFile"
        | "InitializeTableFromTextFileV2"
        | "InitializeTableFromDataset" => Tier::Vocabulary,
        // Of TensorFlow I/O those that open something.
        _ if op.strip_prefix("IO>").is_some_and(|name| {
            [
                "File", "Read", "Write", "Http", "Kafka", "Sql", "BigQuery", "Mongo", "Elastic",
                "PubSub",
            ]
            .iter()
            .any(|word| name.contains(word))
        }) =>
        {
            Tier::Read
        }
        _ => return None,
    })
}

/// What an operation is to a file that has it, wherever it stands; `None` for those that stay in the graph, and for
/// those of savers and tables, which depend on their place.
pub(super) fn judged(tier: Tier, op: &str) -> Option<(Verdict, Technique, &'static str)> {
    Some(match tier {
        Tier::Code => (
            Verdict::Malicious,
            technique::TF_OP_CODE,
            "runs Python code",
        ),
        Tier::Write => (Verdict::Malicious, technique::TF_OP_WRITE, "writes files"),
        Tier::Read => (
            if matches!(
                op,
                "ReadFile" | "MatchingFiles" | "WholeFileReader" | "WholeFileReaderV2"
            ) {
                Verdict::Malicious
            } else {
                Verdict::Suspicious
            },
            technique::TF_OP_READ,
            "reads files",
        ),
        Tier::Network => (
            Verdict::Malicious,
            technique::TF_OP_NETWORK,
            "talks to the network",
        ),
        Tier::Checkpoint | Tier::Vocabulary => return None,
    })
}

/// The same where there is no graph around that could need it: in a model of TensorFlow Lite.
pub(crate) fn outside_of_graphs(op: &str) -> Option<(Verdict, Technique, &'static str)> {
    if op == "PrintV2" {
        return Some((Verdict::Malicious, technique::TF_OP_WRITE, "writes files"));
    }
    let tier = tier(op)?;
    Some(match tier {
        Tier::Checkpoint => (
            Verdict::Malicious,
            technique::TF_OP_WRITE,
            "writes or reads files",
        ),
        Tier::Vocabulary => (
            Verdict::Unknown,
            technique::TF_OP_READ,
            "fills a table from a file",
        ),
        tier => return judged(tier, op),
    })
}
