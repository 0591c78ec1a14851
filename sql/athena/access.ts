/** Workgroups, and the roles that Scheduler starts queries with. What Athena does for a query, it does with the rights of its role. */

import type { Yaml } from '../../scripts/yaml.ts';
import { ICEBERG_FOLDER } from './glue-tables.ts';
import { arnOf, iff, ref, sub } from './yaml.ts';

/** Where results of a workgroup are, below the bucket. */
const resultsOf = (suffix: string) => `athena-results/\${ServiceName}${suffix}`;

/** The end of the name of a workgroup that Scheduler uses. */
type Suffix = '-refresh' | '-rebuild' | '-upkeep';

export function workGroup(suffix: '' | Suffix, description: string): Yaml {
  return {
    Type: 'AWS::Athena::WorkGroup',
    DeletionPolicy: 'Delete',
    UpdateReplacePolicy: 'Delete',
    Properties: {
      Name: sub(`\${ServiceName}${suffix}`),
      Description: sub(description),
      // Its history goes with the stack; the results stay in the bucket for their days.
      RecursiveDeleteOption: true,
      WorkGroupConfiguration: {
        EnforceWorkGroupConfiguration: true,
        // The alarm on refreshes that fail needs them.
        PublishCloudWatchMetricsEnabled: suffix !== '',
        EngineVersion: { SelectedEngineVersion: 'Athena engine version 3' },
        ResultConfiguration: {
          OutputLocation: sub(`s3://\${LakeBucketName}/${resultsOf(suffix)}/`),
          EncryptionConfiguration: iff(
            'HasKey',
            { EncryptionOption: 'SSE_KMS', KmsKey: ref('KmsKeyArn') },
            { EncryptionOption: 'SSE_S3' },
          ),
        },
      },
    },
  };
}

/** May read lines and manifests, and write rows; deletes nothing. */
export function refreshRole(): Yaml {
  return role(
    `What the refresh of the tables of \${ServiceName} may do`,
    ['-refresh', '-rebuild'],
    [
      statement('ReadLake', 's3:GetObject', sub(`${BUCKET}/\${LakePrefix}/*`)),
      statement('WriteRows', [...WRITE, 's3:ListMultipartUploadParts'], sub(`${BUCKET}/${ICEBERG_FOLDER}/*`)),
    ],
  );
}

/** May rewrite and delete files of the maintained tables, whose rows hold their lines; reads no part and no manifest. */
export function upkeepRole(): Yaml {
  return role(
    `What the upkeep of the tables of \${ServiceName} may do`,
    ['-upkeep'],
    [
      statement(
        'RewriteRows',
        ['s3:GetObject', 's3:DeleteObject', ...WRITE, 's3:ListMultipartUploadParts'],
        sub(`${BUCKET}/${ICEBERG_FOLDER}/*`),
      ),
    ],
  );
}

const BUCKET = `arn:\${AWS::Partition}:s3:::\${LakeBucketName}`;
const WRITE = ['s3:PutObject', 's3:AbortMultipartUpload'];
const GLUE = `arn:\${AWS::Partition}:glue:\${AWS::Region}:\${AWS::AccountId}`;
const ATHENA = `arn:\${AWS::Partition}:athena:\${AWS::Region}:\${AWS::AccountId}`;

function statement(Sid: string, Action: Yaml, Resource: Yaml): Yaml {
  return { Sid, Effect: 'Allow', Action, Resource };
}

function role(description: string, suffixes: readonly Suffix[], own: readonly Yaml[]): Yaml {
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      Description: sub(description),
      PermissionsBoundary: iff('HasBoundary', ref('PermissionsBoundaryArn')),
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'scheduler.amazonaws.com' },
            Action: 'sts:AssumeRole',
            Condition: {
              StringEquals: { 'aws:SourceAccount': ref('AWS::AccountId'), 'aws:SourceArn': arnOf('RefreshGroup') },
            },
          },
        ],
      },
      Policies: [
        {
          PolicyName: 'tables',
          PolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              statement(
                'RunQueries',
                ['athena:StartQueryExecution', 'athena:GetQueryExecution', 'athena:GetWorkGroup'],
                suffixes.map((suffix) => sub(`${ATHENA}:workgroup/\${ServiceName}${suffix}`)),
              ),
              statement('UseCatalog', 'athena:GetDataCatalog', sub(`${ATHENA}:datacatalog/AwsDataCatalog`)),
              statement(
                'ReadTables',
                ['glue:GetDatabase', 'glue:GetTable', 'glue:GetTables', 'glue:GetPartitions'],
                [
                  sub(`${GLUE}:catalog`),
                  sub(`${GLUE}:database/\${DatabaseName}`),
                  sub(`${GLUE}:table/\${DatabaseName}/*`),
                ],
              ),
              statement('CommitRows', 'glue:UpdateTable', [
                sub(`${GLUE}:catalog`),
                sub(`${GLUE}:database/\${DatabaseName}`),
                sub(`${GLUE}:table/\${DatabaseName}/*_rows`),
              ]),
              ...own,
              statement(
                'WriteResults',
                ['s3:GetObject', ...WRITE, 's3:ListMultipartUploadParts'],
                suffixes.map((suffix) => sub(`${BUCKET}/${resultsOf(suffix)}/*`)),
              ),
              statement('FindObjects', ['s3:GetBucketLocation', 's3:ListBucket'], sub(BUCKET)),
              iff('HasKey', statement('UseKey', ['kms:Decrypt', 'kms:GenerateDataKey'], ref('KmsKeyArn'))),
              iff(
                'HasExistingKeys',
                statement('UseExistingKeys', ['kms:Decrypt', 'kms:GenerateDataKey'], ref('ExistingKeyArns')),
              ),
            ],
          },
        },
      ],
    },
  };
}
