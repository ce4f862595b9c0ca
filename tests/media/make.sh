#!/bin/sh
# Makes every sample in this folder with real encoders: ImageMagick 6, ffmpeg with libflite and libx264, and sox.
# The samples are committed; run this again only to change one. Every picture, tune and voice is made here from nothing.
set -eu
cd "$(dirname "$0")"
CONVERT=${CONVERT:-/usr/bin/convert}
mkdir -p images/posts audio video covers articles voices refused

draw() { "$CONVERT" "$@"; }
encode() { ffmpeg -hide_banner -loglevel error -nostdin -y "$@"; }
plain="-map_metadata -1 -fflags +bitexact -flags:v +bitexact -flags:a +bitexact"
keep="-strip -define png:exclude-chunks=date,time"

# Pictures: a bubble with a tick, and one hill through the seasons.
draw -size 192x192 xc:none -fill '#07c160' -draw 'roundrectangle 8,8 183,183 40,40' \
  -fill white -draw 'ellipse 96,88 58,46 0,360' -draw 'polygon 62,118 56,150 92,130' \
  -fill '#07c160' -draw 'polygon 66,88 74,80 90,96 120,64 128,72 90,112' $keep images/logo.png
hill() { # sky-top sky-bottom sun far near crown file [options]
  draw -size 480x320 "gradient:$1-$2" -fill "$3" -draw 'circle 380,70 380,105' \
    -fill "$4" -draw 'path "M 0,230 Q 120,130 260,220 T 480,200 L 480,320 L 0,320 Z"' \
    -fill "$5" -draw 'path "M 0,280 Q 160,200 320,270 T 480,260 L 480,320 L 0,320 Z"' \
    -fill '#6b4a2b' -draw 'rectangle 116,190 126,262' \
    -fill "$6" -draw 'circle 121,170 121,212' -draw 'circle 95,190 95,216' -draw 'circle 147,190 147,216' \
    $keep -sampling-factor 4:2:0 -quality 80 "$7"
}
hill '#9fd8ff' '#fdf3d8' '#fff3a0' '#a8d08d' '#6fae5b' '#f7b7cf' images/posts/spring.jpg
hill '#2f8fe0' '#bfe6ff' '#ffd83a' '#5fa352' '#2f7d3a' '#2f9a46' images/posts/summer.jpg
hill '#e9a05a' '#fbe3c0' '#fff0d0' '#b98a3f' '#8a5d2a' '#d9541e' images/posts/draft-autumn.jpg
draw images/posts/summer.jpg -resize 240x160 $keep -quality 75 covers/intro.jpg
step() { # number text file
  draw -size 320x200 xc:'#f5f7fa' -fill '#07c160' -draw 'circle 60,100 60,60' -fill white -font DejaVu-Sans-Bold \
    -pointsize 44 -gravity West -annotate +46+0 "$1" -fill '#223' -pointsize 24 -annotate +118+0 "$2" \
    +dither -colors 32 $keep "$3"
}
step 1 'git commit' articles/step-1.png
step 2 'wxsync apply' articles/step-2.png

# A spoken welcome and a short film of the summer hill.
encode -f lavfi -i "flite=text='Welcome. Thank you for following us.':voice=slt" \
  -ar 24000 -ac 1 -c:a libmp3lame -b:a 32k $plain audio/welcome.mp3
encode -loop 1 -framerate 15 -t 2.4 -i images/posts/summer.jpg -f lavfi -t 2.4 -i "sine=frequency=523:sample_rate=44100" \
  -vf "scale=320:-2,zoompan=z='1+on/120':d=1:s=320x212:fps=15,format=yuv420p" -c:v libx264 -preset veryslow -crf 30 \
  -c:a aac -b:a 32k -ac 1 -af volume=0.2 -shortest -movflags +faststart $plain video/intro.mp4

# Voices in every format that WeChat takes, and in the shapes that make a length hard to read.
speak="flite=text='Good morning':voice=slt"
voice() { encode -f lavfi -i "$speak" "$@"; }
voice -ar 8000 -ac 1 -c:a pcm_s16le $plain voices/pcm.wav
voice -ar 8000 -ac 2 -c:a pcm_s24le $plain voices/extensible.wav
voice -ar 8000 -ac 1 -c:a adpcm_ima_wav $plain voices/adpcm.wav
voice -ar 8000 -ac 1 -c:a pcm_mulaw $plain voices/mulaw.wav
voice -ar 8000 -ac 1 -c:a pcm_u8 -rf64 always $plain voices/rf64.wav
encode -f lavfi -i "$speak" -ar 8000 -ac 1 -c:a pcm_u8 $plain -f wav - | cat > voices/streamed.wav
sox -R voices/pcm.wav -t wav - | cat > voices/streamed-by-sox.wav
sox -R voices/pcm.wav -C 4 voices/narrow.amr-nb && mv voices/narrow.amr-nb voices/narrow.amr
# No free encoder for AMR-WB is packaged: 20 frames of mode 0 with silent bits, one SID and nine no-data frames.
{ printf '#!AMR-WB\n'; for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do printf '\004'; head -c 17 /dev/zero; done
  printf '\114'; head -c 5 /dev/zero; printf '\174\174\174\174\174\174\174\174\174'; } > voices/wide.amr
voice -ar 16000 -ac 1 -c:a wmav2 -b:a 24k $plain voices/speech.wma
voice -ar 22050 -ac 1 -c:a wmav1 -b:a 24k $plain voices/speech-v1.wma
voice -ar 44100 -ac 1 -c:a libmp3lame -b:a 48k -write_xing 0 -id3v2_version 0 $plain voices/constant-no-header.mp3
voice -ar 44100 -ac 2 -c:a libmp3lame -q:a 8 $plain voices/variable.mp3
voice -ar 44100 -ac 2 -c:a libmp3lame -q:a 8 -write_xing 0 $plain voices/variable-no-header.mp3
voice -ar 32000 -ac 1 -c:a libmp3lame -b:a 40k -abr 1 $plain voices/average.mp3
voice -ar 8000 -ac 1 -c:a libmp3lame -b:a 8k $plain voices/mpeg-2.5.mp3
voice -ar 48000 -ac 1 -c:a mp2 -b:a 48k $plain -f mp2 voices/layer-2.mp3
encode -i voices/constant-no-header.mp3 -i covers/intro.jpg -map 0 -map 1 -c copy -write_id3v1 1 -metadata title=Morning \
  -id3v2_version 3 -fflags +bitexact voices/cover-art.mp3

# Pictures in the other accepted formats.
draw images/logo.png -background white -flatten -resize 48x48 +dither -colors 16 $keep BMP3:images/icon.bmp
draw -delay 40 images/posts/spring.jpg images/posts/summer.jpg images/posts/draft-autumn.jpg -resize 160x +dither \
  -colors 48 -layers optimize $keep images/banner.gif
draw images/posts/summer.jpg -resize 160x -interlace JPEG $keep -quality 70 images/progressive.jpg
draw images/logo.png -resize 48x48 -interlace PNG $keep images/interlaced.png
draw images/posts/spring.jpg -resize 160x $keep -quality 75 articles/photo.jpg

# Videos whose index stands elsewhere.
film="-i video/intro.mp4 -t 1 -an -c copy $plain"
encode $film video/index-last.mp4
encode $film -movflags +frag_keyframe+empty_moov video/fragmented.mp4

# What WeChat does not take, under honest names.
small="images/logo.png -background white -flatten -resize 64x64"
draw $small $keep refused/picture.webp
draw $small $keep refused/picture.heic
draw $small $keep refused/picture.avif
draw $small $keep -compress zip refused/picture.tiff
draw $small $keep -resize 16x16 refused/picture.ico
printf '%%PDF-1.4\n%%%%EOF\n' > refused/page.pdf
printf '%s\n' '<?xml version="1.0" encoding="UTF-8"?>' '<!-- a green dot -->' \
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle cx="4" cy="4" r="4" fill="#07c160"/></svg>' \
  > refused/picture.svg
encode $film refused/film.mov
encode -i video/intro.mp4 -t 1 -an -c:v libvpx -b:v 60k $plain refused/film.webm
encode $film refused/film.mkv
encode -i video/intro.mp4 -t 1 -an -c:v mpeg4 -q:v 20 $plain refused/film.avi
encode -i video/intro.mp4 -t 1 -c:v wmv2 -q:v 20 -c:a wmav2 -b:a 24k $plain refused/film.wmv
encode $film -f flv refused/film.flv
encode -i video/intro.mp4 -t 1 -an -c:v mpeg4 -q:v 20 $plain refused/film.3gp
voice -ar 16000 -c:a libvorbis -q:a 0 $plain refused/speech.ogg
voice -ar 8000 -ac 1 -c:a flac $plain refused/speech.flac
voice -ar 16000 -c:a aac -b:a 24k $plain refused/speech.m4a
voice -ar 16000 -c:a aac -b:a 24k $plain refused/speech.aac
encode -i refused/speech.m4a -c copy -brand isom $plain -f mp4 refused/sound-only.mp4
printf '\357\273\277<!DOCTYPE html>\n<title>502 Bad Gateway</title>\n<h1>502 Bad Gateway</h1>\n' > refused/page.html
printf '{"errcode":40001,"errmsg":"invalid credential, access_token is invalid or not latest"}' > refused/answer.json
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %s\n' \
  4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393 12345 > refused/pointer.jpg
: > refused/empty.png
