/** The objects of the REST API, as far as the page shows them. Times are in ms since 1970. */

export interface Info {
  version: string;
  uptime_ms: number;
  user: string;
  role: "viewer" | "operator" | "admin";
  login: boolean;
}

export interface Checkpoint {
  number: number;
  age_ms: number | null;
  duration_ms: number | null;
  bytes: number;
  done: number;
  failed: number;
}

export interface Job {
  id: string;
  name: string;
  state: string;
  changing?: string | null;
  owner: string;
  created_ms: number;
  started_ms: number | null;
  ended_ms: number | null;
  uptime_ms: number | null;
  restarts: number;
  rows_in: number;
  rows_out: number;
  rows_late: number;
  rows_bad: number;
  rows_in_per_s: number;
  rows_out_per_s: number;
  watermark_ms: number | null;
  watermark_lag_ms: number | null;
  state_bytes: number;
  checkpoint: Checkpoint;
  lag: number | null;
  error: string | null;
}

export interface Partition {
  topic: string;
  partition: number;
  offset: number;
  end: number | null;
  lag: number | null;
}

export interface JobTable {
  table: string;
  rows_in?: number;
  rows_out?: number;
  watermark_ms?: number;
  lag?: number;
  partitions?: Partition[];
}

/** One job, whole. */
export interface JobWhole extends Job {
  hint?: string | null;
  sql: string;
  settings: Record<string, string>;
  parallelism?: number | null;
  restored_from?: string | null;
  waiting?: string | null;
  tables?: JobTable[];
}

export interface GraphNode {
  id: number;
  stage: number;
  name: string;
  detail?: string;
  table?: string;
  sql_line?: number;
  parallelism: number;
}

export interface GraphEdge {
  from: number;
  to: number;
  kind: string;
}

export interface Graph {
  nodes: GraphNode[];
  edges: GraphEdge[];
}

export interface Figures {
  rows_in: number;
  rows_out: number;
  late: number;
  bad: number;
  state_bytes: number;
  watermark_ms: number | null;
  busy: number;
  idle: number;
  backpressure: number;
}

export interface Operator extends Figures {
  id: number;
  name: string;
  table?: string;
  p50_us: number | null;
  p95_us: number | null;
  p99_us: number | null;
  skew?: number;
  next_fire_ms?: number;
  subtasks: (Figures & { subtask?: number })[];
}

export interface Why {
  sentence: string;
  sources: Record<string, unknown>[];
  operators: Record<string, unknown>[];
  sinks: Record<string, unknown>[];
}

export interface Column {
  name: string;
  type: string;
}

export interface Row {
  kind: "+I" | "-U" | "+U" | "-D";
  row: unknown[];
}

export interface Statement {
  statement: string | null;
  session: string;
  kind: "done" | "rows" | "job";
  word: string;
  job?: string;
  columns?: Column[];
  updating?: boolean;
  bounded?: boolean;
}

export interface CatalogTable {
  name: string;
  kind: string;
  connector?: string | null;
  columns?: (Column & { comment?: string })[];
  comment?: string | null;
  ddl?: string;
}
