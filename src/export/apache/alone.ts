/**
 * Two exports in one virtual host: Apache has no directive that refuses them when it starts and allows one in each of several
 * virtual hosts, because `Define` is global. So every answer is 500.
 */
export const COUNTED: readonly string[] = [
  `SetEnvIfExpr "-n reqenv('bucket_cors_export')" bucket_cors_twice`,
  'SetEnvIfExpr "true" bucket_cors_export',
];

export const IS_ALONE = "-z reqenv('bucket_cors_twice')";

export const ALONE: readonly string[] = [
  `<If "-n reqenv('bucket_cors_twice')">`,
  '    ErrorDocument 500 "A virtual host has one export of bucket-cors."',
  '    Redirect 500 /',
  '</If>',
];
