import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsObject, IsOptional, IsString, Matches, ValidateNested } from 'class-validator';

/** A node that stands for an answer. */
export class DisputeNodeDto {
  /** Its base URL, one of DISPUTE_PEERS. */
  @Matches(/^https?:\/\/[\x21-\x7e]{1,1000}$/, {
    message: 'url must be a URL such as https://stemma.example',
  })
  @IsString()
  url!: string;

  /** API key or access token there, where its receipt is private. */
  @IsOptional()
  @Matches(/^[\x21-\x7e]{1,4096}$/, { message: 'token must be printable, 4096 characters at most' })
  @IsString()
  token?: string | null;
}

/** Body of `POST /v1/receipts/dispute`: two documents as `GET /v1/receipts/:id` answers them, private parts included. */
export class DisputeDto {
  @IsObject()
  a!: object;

  @IsObject()
  b!: object;

  /** Asked for its testimony about a; this server, where only b's node is given. */
  @IsOptional()
  @ApiProperty({ type: () => DisputeNodeDto })
  @ValidateNested()
  @Type(() => DisputeNodeDto)
  node_a?: DisputeNodeDto | null;

  /** The same for b. */
  @IsOptional()
  @ApiProperty({ type: () => DisputeNodeDto })
  @ValidateNested()
  @Type(() => DisputeNodeDto)
  node_b?: DisputeNodeDto | null;
}
