/**
 * The failure tables of files: a lake that is a folder, and the temporary files of parts. Data only.
 *
 * File operations are not retried, because a disk operation that failed fails again. Source: errno(3).
 */

import type { FailureRow } from './failure-row.ts';

/** Where a file operation goes: the lake when it is a folder, or the temporary files of parts on the way to S3. */
export type DiskPlace = 'folder' | 'spool';

const MAKE_ROOM: Readonly<Record<DiskPlace, string>> = {
  folder:
    'Make room on the disk that LAKE_URL is on (or raise its quota) and run again; nothing that was counted is lost.',
  spool:
    'Raise the ephemeral storage of the function (or free the temporary folder), or lower PAGE_SIZE or MAX_CONCURRENT_STREAMS; the next run continues from the same place.',
};
const PLACE_NAME: Readonly<Record<DiskPlace, string>> = {
  folder: 'the folder that LAKE_URL names',
  spool: 'the temporary folder',
};

function diskRows(place: DiskPlace): readonly FailureRow[] {
  // A full temporary folder may be the fault of one stream's pages; a folder that is the lake belongs to all streams.
  const hard = { action: 'hard', kind: 'lake', ...(place === 'folder' && { concerns: 'run' as const }) } as const;
  const where = PLACE_NAME[place];
  return [
    {
      ...hard,
      id: `${place}_full`,
      when: `the disk of ${where} is full or over its quota (ENOSPC, EDQUOT, EFBIG)`,
      hint: MAKE_ROOM[place],
      codes: /^(ENOSPC|EDQUOT|EFBIG)$/,
    },
    {
      ...hard,
      id: `${place}_not_writable`,
      when: `${where} may not be written to (EACCES, EPERM, EROFS)`,
      hint: `Check who owns ${where} and that its disk is not mounted read-only.`,
      codes: /^(EACCES|EPERM|EROFS)$/,
    },
    {
      ...hard,
      id: `${place}_not_a_folder`,
      when: `${where} does not exist or is not a folder (ENOENT, ENOTDIR, EISDIR, ELOOP, ENAMETOOLONG, …)`,
      hint: `Check that ${where} exists, is a folder, and that no other program removes files below it during a run.`,
      codes: /^(ENOENT|ENOTDIR|EISDIR|EEXIST|ENOTEMPTY|ELOOP|ENAMETOOLONG|EXDEV|EINVAL)$/,
    },
    {
      ...hard,
      id: `${place}_too_many_files`,
      when: 'the process or machine has too many files open (EMFILE, ENFILE)',
      hint: 'Raise the limit of open files, or lower MAX_CONCURRENT_STREAMS.',
      codes: /^(EMFILE|ENFILE)$/,
    },
    {
      ...hard,
      id: `${place}_disk_error`,
      when: `any other error of the disk of ${where} (EIO, …)`,
      hint: `Check the disk of ${where} and the system log of the machine; the next run continues from the same place.`,
    },
  ];
}

export const DISK_TABLES: Readonly<Record<DiskPlace, readonly FailureRow[]>> = {
  folder: diskRows('folder'),
  spool: diskRows('spool'),
};
