/** Why a packet ended so, and what would change it: FTP, whose control connection names the data connections. */
import type { FtpCauses } from "../../../trace/causes/ftp.ts";
import type { Sentences } from "./cause-text.ts";
import { ftpChange, ftpWords } from "./cause-words.ts";

export const FTP: Sentences<keyof FtpCauses> = {
  "ftp-helper": (cause) => ({ why: ftpWords(cause), change: ftpChange(cause) }),
  "ftp-announced": ({ server, announced, own }) => ({
    why: `The FTP server ${server} told the client to connect to ${announced}, which is not its own address. The helper (ip_vs_ftp) believes it, and sends the data connection there${own ? ", to the director itself" : ""}.`,
    change:
      "The server must announce its own address (no pasv_address of vsftpd, no MasqueradeAddress of ProFTPD, no ForcePassiveIP of Pure-FTPd): the helper puts the virtual one in its place.",
  }),
};
