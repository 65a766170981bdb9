// Everything the application did, for tests to look at through the control channel.
export const double = {
  windows: [],
  trays: [],
  notifications: [],
  /** URLs given to shell.openExternal. */
  opened: [],
  errorBoxes: [],
  applicationMenu: null
}
