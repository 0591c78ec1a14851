/**
 * Made-up secrets, tokens and people, which tests put where no output may repeat them.
 *
 * Put together from pieces, so that no file of the repository holds anything that looks like a secret.
 */

const piece = (...parts: readonly string[]) => parts.join('');

export const PLANTED = {
  clientSecret: piece('Hemmelig', '+/=', 'kaffe', '&', 'vaffel', '"', '7'),
  jwt: piece('ey', 'JhbGciOiJSUzI1NiJ9', '.', 'ey', 'JzdWIiOiJrYXJpIn0', '.', 'c2lnbmF0dXJlLW9m_LW5vdGhpbmc'),
  opaqueToken: piece('CfDJ8', 'Nq4mZ0', 'uQx7', 'T1'),
  continuationToken: piece('eyA', 'b2Zmc2V0', 'LTEyMzQ1'),
  accessKeyId: piece('AK', 'IA', 'QWERTYUIOPASDFGH'),
  email: piece('kari.nordmann', '@', 'anlegg.example'),
  nationalId: piece('010190', '12345'),
  phone: piece('+47', ' 912 34 567'),
} as const;
