/** What can be opened beside the drawing: the walk in steps, the ladder, the tables, the setup, what is wrong. */
export const DRAWERS = ["steps", "ladder", "tables", "setup", "faults"] as const;
export type Drawer = (typeof DRAWERS)[number];
