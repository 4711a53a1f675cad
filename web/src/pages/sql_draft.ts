/** Where the SQL view keeps what is being written, as long as the tab. */
export const DRAFT = "weir.sql";
