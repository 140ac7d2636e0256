-- L18: a review's title and text say what its stars say, and speak of the kind of product that it is about.
-- needs: products, reviews
WITH markers AS (
    SELECT 'positive' AS sentiment, unnest(ARRAY[
        'amazing', 'beyond what i expected', 'brilliant', 'delighted', 'delightful', 'exceeded', 'excellent',
        'exceptional', 'fantastic', 'first-rate', 'flawless', 'glad i', 'gladly', 'great buy', 'great choice',
        'great find', 'great value', 'hats off', 'highly recommend', 'i love', 'impressed', 'impressive', 'love it',
        'marvelous', 'money well spent', 'outstanding', 'pleased', 'real winner', 'really shines', 'sheer delight',
        'simply perfect', 'so happy', 'spot on', 'superb', 'terrific', 'thrilled', 'thumbs up', 'top-notch',
        'very happy', 'warmly recommend', 'well worth', 'won me over', 'wonderful', 'worth every'
    ]) AS marker
    UNION ALL
    SELECT 'neutral' AS sentiment, unnest(ARRAY[
        'alright', 'average', 'averages out', 'could go either way', 'does the job', 'fair enough', 'half and half',
        'in the middle', 'in two minds', 'lukewarm', 'matter of taste', 'middle of the road', 'middling', 'mixed',
        'neither here nor there', 'no strong opinion', 'nothing special', 'okay', 'on the fence', 'passable',
        'pros and cons', 'roughly as described', 'run-of-the-mill', 'serviceable', 'so-so', 'three stars',
        'undecided', 'unremarkable'
    ]) AS marker
    UNION ALL
    SELECT 'negative' AS sentiment, unnest(ARRAY[
        'abysmal', 'annoyed', 'awful', 'bad buy', 'bad joke', 'below par', 'cheated', 'complete dud',
        'costly mistake', 'disappointed', 'disappointing', 'disappointment', 'dismal', 'dreadful', 'fell far short',
        'falls well short', 'frustrated', 'frustrating', 'hopeless', 'horrible', 'i regret', 'inexcusable',
        'let down', 'let me down', 'letdown', 'lousy', 'my money back', 'never again for me', 'overpriced',
        'poor quality', 'pure junk', 'really poor', 'regret the order', 'rip-off', 'ruins it for me',
        'ruins the whole', 'save your money', 'shoddy', 'steer clear', 'substandard', 'terrible', 'unhappy',
        'very poor', 'waste of money', 'worst buy'
    ]) AS marker
), subjects (subcategory, phrases) AS (
    -- what a review of each kind of product may be about: its nouns and aspects
    VALUES
        ('Smartphones', ARRAY[
            'smartphone', 'mobile phone', 'camera phone', 'cell phone', 'the battery life', 'the display',
            'the camera', 'the sound of the speaker', 'the call reception', 'the fingerprint reader',
            'the charging speed', 'the finish of the back', 'the performance in games', 'the face unlock',
            'the size in the hand', 'the software'
        ]),
        ('Phone Cases', ARRAY[
            'phone case', 'phone cover', 'protective case', 'bumper case', 'the fit around the phone', 'the grip',
            'the corner protection', 'the color', 'the feel of the buttons', 'the camera cutout', 'the texture',
            'the inner lining', 'the raised edge', 'the thickness', 'the finish'
        ]),
        ('Headphones', ARRAY[
            'over-ear headphone', 'wireless headphone', 'headset', 'stereo headphone', 'studio headphone',
            'the sound', 'the bass', 'the noise canceling', 'the comfort of the ear cushions', 'the battery life',
            'the microphone', 'the headband', 'the wireless range', 'the volume control', 'the voice clarity',
            'the folding hinge', 'the padding'
        ]),
        ('Smartwatches', ARRAY[
            'smartwatch', 'fitness watch', 'sports watch', 'fitness tracker', 'the step counter',
            'the heart rate sensor', 'the sleep tracking', 'the strap', 'the battery life', 'the watch face',
            'the screen', 'the companion app', 'the size on the wrist', 'the satellite tracking', 'the clasp',
            'the vibration alert'
        ]),
        ('Cameras', ARRAY[
            'digital camera', 'mirrorless camera', 'holiday camera', 'photo camera', 'the autofocus',
            'the image quality', 'the viewfinder', 'the grip', 'the shutter sound', 'the battery life', 'the screen',
            'the stabilization', 'the menu', 'the video quality', 'the strap', 'the color rendering'
        ]),
        ('Chargers', ARRAY[
            'power adapter', 'phone charger', 'travel charger', 'fast charger', 'wall charger', 'the charging speed',
            'the plug', 'the cable', 'the build quality', 'the size', 'the heat control', 'the port',
            'the braiding of the cable', 'the fit in the socket', 'the status light', 'the housing'
        ]),
        ('Laptops', ARRAY[
            'laptop', 'notebook', 'notebook computer', 'laptop computer', 'the keyboard', 'the screen',
            'the battery life', 'the touchpad', 'the speed', 'the hinge', 'the webcam', 'the fan noise level',
            'the carrying weight', 'the speaker sound', 'the start-up time', 'the port selection'
        ]),
        ('Monitors', ARRAY[
            'monitor', 'computer monitor', 'desktop monitor', 'office monitor', 'the picture', 'the color accuracy',
            'the stand', 'the viewing angle', 'the text sharpness', 'the brightness', 'the contrast',
            'the anti-glare surface', 'the menu control', 'the bezel', 'the cable guide', 'the refresh rate'
        ]),
        ('Keyboards', ARRAY[
            'keyboard', 'computer keyboard', 'office keyboard', 'desktop keyboard', 'the key feel',
            'the typing sound', 'the layout', 'the build quality', 'the space bar', 'the backlight',
            'the palm position', 'the key spacing', 'the tilt angle', 'the weight on the desk',
            'the lettering of the keys', 'the connection'
        ]),
        ('Computer Mice', ARRAY[
            'computer mouse', 'optical mouse', 'office mouse', 'laptop mouse', 'the scroll wheel', 'the shape',
            'the click', 'the sensor', 'the pointer precision', 'the palm support', 'the battery life',
            'the side grip', 'the glide', 'the size', 'the surface texture'
        ]),
        ('External Drives', ARRAY[
            'external drive', 'portable drive', 'backup drive', 'external hard drive', 'the transfer speed',
            'the casing', 'the cable', 'the capacity', 'the noise level', 'the size', 'the status light',
            'the backup software', 'the connector', 'the heat control', 'the shock protection'
        ]),
        ('T-Shirts', ARRAY[
            't-shirt', 'crew-neck t-shirt', 'cotton tee', 'casual t-shirt', 'graphic tee', 'the fabric', 'the fit',
            'the neckline', 'the stitching', 'the color', 'the cut of the sleeves', 'the length', 'the collar',
            'the softness', 'the hem', 'the shape after washing'
        ]),
        ('Jeans', ARRAY[
            'denim jean', 'five-pocket jean', 'everyday jean', 'classic jean', 'work jean', 'the denim',
            'the fit at the waist', 'the leg length', 'the zip', 'the color', 'the stitching', 'the pocket depth',
            'the stretch', 'the cut of the leg', 'the fabric weight', 'the shape at the knee', 'the hem'
        ]),
        ('Dresses', ARRAY[
            'dress', 'summer dress', 'day dress', 'casual dress', 'party dress', 'the fabric', 'the cut',
            'the fit at the waist', 'the color', 'the neckline', 'the drape of the skirt', 'the length', 'the lining',
            'the zip', 'the seam finish', 'the print', 'the fit at the shoulders'
        ]),
        ('Jackets', ARRAY[
            'jacket', 'rain jacket', 'hooded jacket', 'outdoor jacket', 'casual jacket', 'the zip', 'the hood',
            'the fit', 'the water resistance', 'the warmth', 'the lining', 'the pocket layout', 'the fabric',
            'the cuff closure', 'the sleeve length', 'the wind protection', 'the stitching'
        ]),
        ('Sweaters', ARRAY[
            'sweater', 'knit sweater', 'pullover', 'knitted jumper', 'crew-neck sweater', 'the knit', 'the yarn',
            'the warmth', 'the fit', 'the neckline', 'the color', 'the ribbing at the cuffs', 'the sleeve length',
            'the softness', 'the weight', 'the stitch pattern'
        ]),
        ('Sneakers', ARRAY[
            'sneaker', 'running shoe', 'training shoe', 'walking shoe', 'casual shoe', 'the cushioning',
            'the sole grip', 'the fit', 'the upper', 'the lacing', 'the heel support', 'the insole', 'the toe box',
            'the weight', 'the stitching', 'the color', 'the tongue'
        ]),
        ('Boots', ARRAY[
            'boot', 'ankle boot', 'chelsea boot', 'leather boot', 'winter boot', 'the leather', 'the sole',
            'the ankle support', 'the fit', 'the warmth', 'the water resistance', 'the tread', 'the footbed',
            'the shaft', 'the heel', 'the stitching', 'the color of the leather'
        ]),
        ('Sandals', ARRAY[
            'sandal', 'walking sandal', 'beach sandal', 'strappy sandal', 'summer sandal', 'the footbed', 'the strap',
            'the buckle', 'the sole grip', 'the arch support', 'the fit', 'the color', 'the edge finish',
            'the heel strap', 'the weight', 'the cushioning'
        ]),
        ('Backpacks', ARRAY[
            'backpack', 'daypack', 'rucksack', 'laptop backpack', 'school backpack', 'the zip', 'the shoulder strap',
            'the back padding', 'the laptop sleeve', 'the pocket layout', 'the water resistance', 'the fabric',
            'the bottom panel', 'the bottle pocket', 'the carrying comfort', 'the top handle', 'the volume'
        ]),
        ('Handbags', ARRAY[
            'handbag', 'shoulder bag', 'crossbody bag', 'tote bag', 'city bag', 'the strap', 'the material',
            'the lining', 'the clasp', 'the color', 'the size', 'the hardware', 'the stitching', 'the inner pocket',
            'the shape', 'the edge paint', 'the handle'
        ]),
        ('Cookware', ARRAY[
            'frying pan', 'saucepan', 'saute pan', 'stockpot', 'cooking pot', 'the handle', 'the heat distribution',
            'the base', 'the surface', 'the weight', 'the rim', 'the balance', 'the finish', 'the size',
            'the rivet quality', 'the fit on the hob', 'the cleaning effort'
        ]),
        ('Coffee Makers', ARRAY[
            'coffee maker', 'coffee machine', 'filter coffee machine', 'drip coffee maker', 'the taste of the coffee',
            'the brewing speed', 'the water tank', 'the jug', 'the brewing temperature', 'the timer',
            'the filter holder', 'the spout', 'the noise level', 'the cleaning', 'the look on the counter',
            'the control panel'
        ]),
        ('Kitchen Knives', ARRAY[
            'kitchen knife', 'chef knife', 'cooking knife', 'utility knife', 'carving knife', 'the edge',
            'the balance', 'the handle', 'the blade finish', 'the steel', 'the weight',
            'the sharpness out of the box', 'the grip', 'the spine', 'the tip', 'the blade guard',
            'the edge retention'
        ]),
        ('Blenders', ARRAY[
            'blender', 'smoothie maker', 'countertop blender', 'jug blender', 'the motor', 'the jar',
            'the blade assembly', 'the lid', 'the noise level', 'the smoothness of the result', 'the pulse button',
            'the speed control', 'the base', 'the cleaning', 'the pouring spout', 'the power'
        ]),
        ('Food Storage', ARRAY[
            'food container', 'storage container', 'food box', 'storage box', 'the seal', 'the lid', 'the clip',
            'the stackability', 'the size', 'the material', 'the shape', 'the freezer performance', 'the cleaning',
            'the transparency', 'the fit in the fridge'
        ]),
        ('Office Chairs', ARRAY[
            'office chair', 'desk chair', 'swivel chair', 'task chair', 'the seat', 'the lumbar support',
            'the backrest', 'the armrest height', 'the gas lift', 'the tilt mechanism', 'the assembly',
            'the caster roll', 'the cover', 'the base', 'the headroom under the desk', 'the padding'
        ]),
        ('Desk Lamps', ARRAY[
            'desk lamp', 'table lamp', 'reading lamp', 'study lamp', 'the light', 'the dimmer', 'the joint',
            'the base', 'the shade', 'the color temperature', 'the switch', 'the stability', 'the finish',
            'the reach of the arm', 'the cord length', 'the brightness'
        ]),
        ('Bedding', ARRAY[
            'bedding set', 'duvet cover set', 'bed linen set', 'bed set', 'the fabric', 'the softness', 'the color',
            'the fit on the duvet', 'the button closure', 'the weave', 'the stitching', 'the feel on the skin',
            'the pillowcase size', 'the shape after washing', 'the drape'
        ]),
        ('Rugs', ARRAY[
            'rug', 'area rug', 'carpet rug', 'floor rug', 'the pile', 'the color', 'the edge binding', 'the pattern',
            'the backing', 'the thickness', 'the weave', 'the softness underfoot', 'the size', 'the fringe or border',
            'the grip on the floor', 'the texture'
        ]),
        ('Bookcases', ARRAY[
            'bookcase', 'bookshelf', 'shelving unit', 'display shelf', 'the assembly', 'the shelf strength',
            'the finish', 'the stability', 'the color', 'the wall anchor', 'the edge finish', 'the fit of the parts',
            'the instruction sheet', 'the size', 'the wood grain'
        ]),
        ('Tents', ARRAY[
            'camping tent', 'dome tent', 'backpacking tent', 'tunnel tent', 'the rain fly', 'the ventilation',
            'the floor space', 'the pole system', 'the waterproofing', 'the porch', 'the stitching',
            'the packed size', 'the zipper', 'the headroom', 'the wind stability'
        ]),
        ('Sleeping Bags', ARRAY[
            'sleeping bag', 'mummy sleeping bag', 'camping sleeping bag', 'rectangular sleeping bag', 'the warmth',
            'the fill', 'the hood', 'the lining', 'the zipper', 'the foot box', 'the loft', 'the pack size',
            'the cut', 'the draft collar', 'the compression sack'
        ]),
        ('Yoga Mats', ARRAY[
            'yoga mat', 'exercise mat', 'pilates mat', 'fitness mat', 'the grip', 'the cushioning', 'the thickness',
            'the surface texture', 'the length', 'the carrying strap', 'the density', 'the color', 'the underside',
            'the durability'
        ]),
        ('Dumbbells', ARRAY[
            'dumbbell', 'dumbbell set', 'hand weight', 'adjustable dumbbell', 'the grip', 'the balance',
            'the coating', 'the handle', 'the finish', 'the weight accuracy', 'the knurling', 'the shape',
            'the build quality', 'the packaging'
        ]),
        ('Water Bottles', ARRAY[
            'water bottle', 'sports bottle', 'insulated bottle', 'drinking bottle', 'the lid', 'the seal',
            'the insulation', 'the mouthpiece', 'the shape', 'the carrying loop', 'the capacity', 'the finish',
            'the spout', 'the taste of the water'
        ]),
        ('Face Creams', ARRAY[
            'face cream', 'day cream', 'night cream', 'moisturizer', 'the texture', 'the scent', 'the absorption',
            'the moisture', 'the packaging', 'the finish on the skin', 'the ingredient list', 'the lid', 'the jar',
            'the effect on dry patches'
        ]),
        ('Shampoos', ARRAY[
            'shampoo', 'cream shampoo', 'scalp shampoo', 'repair shampoo', 'the lather', 'the scent',
            'the shine afterwards', 'the effect on the scalp', 'the bottle', 'the consistency', 'the ingredient list',
            'the volume afterwards', 'the cap', 'the yield'
        ]),
        ('Perfumes', ARRAY[
            'perfume', 'fragrance', 'cologne', 'body mist', 'the scent', 'the longevity', 'the dry-down',
            'the bottle', 'the sprayer', 'the projection', 'the opening note', 'the balance of notes', 'the gift box',
            'the base note'
        ]),
        ('Electric Toothbrushes', ARRAY[
            'electric toothbrush', 'sonic toothbrush', 'power toothbrush', 'travel toothbrush', 'the brush head',
            'the battery life', 'the cleaning power', 'the timer', 'the pressure sensor', 'the handle',
            'the noise level', 'the charger', 'the travel case', 'the gentle mode'
        ]),
        ('Makeup', ARRAY[
            'lipstick', 'lip tint', 'cream blush', 'cream eyeshadow', 'makeup stick', 'the pigment', 'the shade',
            'the staying power', 'the color payoff', 'the finish', 'the coverage', 'the formula', 'the packaging',
            'the blendability', 'the scent'
        ]),
        ('Building Sets', ARRAY[
            'building set', 'construction set', 'building blocks set', 'brick set', 'the fit of the pieces',
            'the instruction booklet', 'the design', 'the number of pieces', 'the play value', 'the color scheme',
            'the sturdiness', 'the level of difficulty', 'the packaging', 'the level of detail', 'the finished model'
        ]),
        ('Board Games', ARRAY[
            'board game', 'strategy game', 'family game', 'party game', 'tabletop game', 'the artwork',
            'the rulebook', 'the pacing of the turns', 'the replay value', 'the quality of the cards',
            'the balance of luck and skill', 'the box insert', 'the theme', 'the setup', 'the scoring',
            'the table presence'
        ]),
        ('Plush Toys', ARRAY[
            'plush toy', 'plush bear', 'plush rabbit', 'plush dog', 'stuffed animal', 'the softness', 'the stitching',
            'the face', 'the size', 'the filling', 'the color', 'the fur', 'the washability', 'the expression',
            'the shape'
        ]),
        ('Puzzles', ARRAY[
            'puzzle', 'jigsaw puzzle', 'picture puzzle', 'panorama puzzle', 'the cut', 'the print', 'the fit',
            'the image', 'the thickness of the pieces', 'the finish', 'the box', 'the reference picture',
            'the level of challenge', 'the color range'
        ]),
        ('Remote Control Cars', ARRAY[
            'remote control car', 'rc car', 'rc truck', 'rc buggy', 'the speed', 'the steering', 'the range',
            'the battery', 'the suspension', 'the remote', 'the body shell', 'the grip of the tires', 'the runtime',
            'the durability', 'the acceleration'
        ]),
        ('Novels', ARRAY[
            'novel', 'mystery novel', 'historical novel', 'romance novel', 'crime novel', 'the plot', 'the pacing',
            'the prose', 'the ending', 'the dialogue', 'the main character', 'the setting', 'the opening chapter',
            'the narrative voice', 'the cover design', 'the atmosphere', 'the central relationship'
        ]),
        ('Cookbooks', ARRAY[
            'cookbook', 'recipe book', 'family cookbook', 'vegetarian cookbook', 'seasonal cookbook',
            'the recipe selection', 'the photography', 'the layout', 'the writing', 'the index', 'the binding',
            'the level of detail', 'the choice of ingredients', 'the timing advice', 'the paper',
            'the chapter on basics'
        ]),
        ('Children''s Books', ARRAY[
            'picture book', 'bedtime story', 'children''s book', 'read-aloud book', 'storybook', 'the story',
            'the artwork', 'the rhyme', 'the message', 'the paper', 'the binding', 'the humor', 'the length',
            'the vocabulary', 'the main character', 'the ending'
        ]),
        ('Science Books', ARRAY[
            'science book', 'popular science book', 'natural science book', 'science reader', 'science handbook',
            'the explanation of the basics', 'the structure', 'the argument', 'the writing style', 'the index',
            'the set of diagrams', 'the research behind it', 'the glossary', 'the choice of examples',
            'the print quality', 'the introduction'
        ]),
        ('Travel Guides', ARRAY[
            'travel guide', 'city guide', 'guidebook', 'walking guide', 'travel handbook', 'the map section',
            'the level of detail', 'the practical advice', 'the restaurant chapter', 'the layout',
            'the choice of walks', 'the photography', 'the index', 'the pocket format', 'the history chapter',
            'the transit information'
        ]),
        ('Coffee Beans', ARRAY[
            'whole bean coffee', 'coffee bean blend', 'roasted coffee', 'coffee blend', 'the aroma', 'the roast',
            'the crema', 'the body', 'the aftertaste', 'the freshness', 'the acidity', 'the bag', 'the flavor',
            'the balance'
        ]),
        ('Teas', ARRAY[
            'tea', 'loose leaf tea', 'tea blend', 'whole leaf tea', 'the aroma', 'the leaf quality', 'the flavor',
            'the color of the infusion', 'the aftertaste', 'the freshness', 'the blend', 'the packaging',
            'the size of the leaves', 'the second infusion'
        ]),
        ('Chocolates', ARRAY[
            'chocolate bar', 'chocolate box', 'chocolate selection', 'gift chocolate', 'the snap', 'the texture',
            'the sweetness', 'the cocoa flavor', 'the filling', 'the presentation', 'the aroma', 'the melt',
            'the gift box', 'the freshness', 'the aftertaste'
        ]),
        ('Olive Oils', ARRAY[
            'olive oil', 'extra virgin olive oil', 'finishing olive oil', 'salad olive oil', 'the aroma', 'the color',
            'the pepperiness', 'the freshness', 'the bottle', 'the pourer', 'the flavor', 'the finish', 'the seal',
            'the fruitiness'
        ]),
        ('Nuts', ARRAY[
            'nut mix', 'trail mix', 'cashew mix', 'almond mix', 'the crunch', 'the roasting', 'the seasoning',
            'the freshness', 'the mix', 'the size of the kernels', 'the saltiness', 'the packaging', 'the value',
            'the flavor'
        ]),
        ('Garden Tools', ARRAY[
            'garden spade', 'garden fork', 'garden trowel', 'garden hoe', 'garden rake', 'the handle', 'the head',
            'the balance', 'the edge', 'the grip', 'the length', 'the build quality', 'the finish', 'the joint',
            'the reach'
        ]),
        ('Plant Pots', ARRAY[
            'plant pot', 'flower pot', 'planter', 'herb pot', 'the surface', 'the drainage', 'the shape', 'the color',
            'the size', 'the weight', 'the rim', 'the material', 'the base', 'the packaging'
        ]),
        ('Dog Food', ARRAY[
            'dog food', 'dry dog food', 'dog kibble', 'complete dog food', 'the ingredient list', 'the kibble size',
            'the smell', 'the digestibility', 'the effect on the coat', 'the bag', 'the freshness',
            'the taste for the dog', 'the feeding guide', 'the protein content'
        ]),
        ('Cat Toys', ARRAY[
            'cat toy', 'cat teaser', 'catnip toy', 'cat play set', 'the stitching', 'the catnip',
            'the sound it makes', 'the size', 'the durability', 'the play value', 'the material', 'the color',
            'the stuffing', 'the safety'
        ]),
        ('Bird Feeders', ARRAY[
            'bird feeder', 'hanging bird feeder', 'seed bird feeder', 'garden bird feeder', 'the roof',
            'the filling mechanism', 'the hook', 'the capacity', 'the perch', 'the weather resistance',
            'the cleaning', 'the squirrel protection', 'the design', 'the seed flow'
        ])
), reviews AS MATERIALIZED (
    -- what is written, before and after it was written anew
    SELECT row_number() OVER () AS wording, r.review_id, r.rating, p.subcategory, lower(r.review_title) AS title,
           lower(r.review_text) AS body,
           CASE WHEN r.rating >= 4 THEN 'positive' WHEN r.rating = 3 THEN 'neutral' ELSE 'negative' END AS sentiment
    FROM (SELECT DISTINCT review_id, rating, product_id, review_title, review_text FROM raw_reviews_versions) AS r
    LEFT JOIN raw_products AS p USING (product_id)
), found AS MATERIALIZED (
    SELECT r.wording, r.review_id, r.sentiment, m.sentiment AS says, m.marker,
           strpos(r.title, m.marker) > 0 AS in_title, strpos(r.body, m.marker) > 0 AS in_body
    FROM reviews AS r
    JOIN markers AS m ON strpos(r.title, m.marker) > 0 OR strpos(r.body, m.marker) > 0
), said AS (
    SELECT wording, bool_or(in_title) AS in_title, bool_or(in_body) AS in_body
    FROM found
    WHERE says = sentiment
    GROUP BY wording
)
SELECT 'phrase of another sentiment' AS law_part, review_id, sentiment || ' review: ' || marker AS detail
FROM found
WHERE says IN ('positive', 'negative') AND says <> sentiment
UNION ALL
SELECT 'title or text does not say what the rating says', r.review_id, concat_ws(': ', r.rating, r.title)
FROM reviews AS r
LEFT JOIN said AS s USING (wording)
WHERE (s.in_title AND s.in_body) IS NOT TRUE
UNION ALL
SELECT 'text does not speak of that kind of product', r.review_id, concat_ws(': ', r.subcategory, r.body)
FROM reviews AS r
LEFT JOIN subjects AS s USING (subcategory)
WHERE NOT EXISTS (SELECT 1 FROM unnest(s.phrases) AS phrase WHERE strpos(r.body, phrase) > 0)
