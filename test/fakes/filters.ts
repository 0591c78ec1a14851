import type { Config } from '../../src/config.ts';

/** Every filter of the configuration, none set. */
export const NO_FILTERS: Config['filters'] = {
  companyId: undefined,
  projectId: undefined,
  ownCompanyDataOnly: undefined,
  excludeDataFromSubsidiaries: undefined,
  includeSensitiveData: false,
};
