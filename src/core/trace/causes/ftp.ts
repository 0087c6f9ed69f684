/** Causes: FTP, whose control connection names the data connections. Times and timeouts are seconds. */

export interface FtpCauses {
  /** `port` is that of the control connection. No helper is there for it; or it has read nothing; or the method does without. */
  readonly "ftp-helper": {
    readonly server: string;
    readonly port: number;
    readonly active: boolean;
    readonly why: "absent" | "unread" | "method";
    readonly method: string;
  };
  /** The server has named another address than its own for the data connection; `own`: one of the director. */
  readonly "ftp-announced": { readonly server: string; readonly announced: string; readonly own: boolean };
}
